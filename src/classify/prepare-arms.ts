import { RecipeError, TillerError } from "../errors.js";
import { normalizeForNgrams } from "./ngrams.js";
import { countByLabel, type LabelledRow } from "./training-draw.js";

/** A data set to train on, such as the texts of one steering configuration. */
export interface Arm {
  readonly name: string;
  readonly rows: readonly LabelledRow[];
  /** A second data set: every draw has as many texts of it as of `rows`, and so is twice as large as the others'. */
  readonly beside?: readonly LabelledRow[] | undefined;
}

export interface PrepareArmsOptions {
  readonly arms: readonly Arm[];
  /** Human texts; their labels are the classes. */
  readonly test: readonly LabelledRow[];
  /** Classifiers trained on each arm, each on a draw of its own. */
  readonly seeds: number;
  /** Names of the arms that each of the others is compared with. */
  readonly baselines: readonly string[];
  /** Arms that are compared with the baselines. Default: all others. */
  readonly compared?: readonly string[] | undefined;
  /** Texts of each label in a draw. Default: as `share` says. */
  readonly perLabel?: number | undefined;
  /** Share of the largest class-balanced size common to all arms that a draw has, in (0, 1). Default 0.8. */
  readonly share?: number | undefined;
  /** An arm with fewer texts of a label is not trained. Default 5. */
  readonly minimumPerLabel?: number | undefined;
  /**
   * Arms that are trained however small they make every draw. One that is not among them is not trained if it has less than
   * half as many texts of a label as the smallest of these, and less than `perLabel`. Default: all.
   */
  readonly essential?: readonly string[] | undefined;
}

export type PreparedArm =
  | {
      readonly name: string;
      /** One data set, or two of which every draw has as many texts. */
      readonly parts: readonly (readonly LabelledRow[])[];
    }
  | { readonly name: string; readonly parts?: never; readonly reason: string };

export interface PreparedArms {
  /** The test's labels, in rising order of UTF-16 units. */
  readonly labels: readonly string[];
  /** The test's languages, likewise. */
  readonly languages: readonly string[];
  /** In the order given. */
  readonly arms: readonly PreparedArm[];
  /** Texts of each label in every draw from a data set. */
  readonly perLabel: number;
  readonly notes: readonly string[];
}

/**
 * Checks what is to be compared, leaves out training texts that cannot serve (labels that the test lacks, copies
 * of test texts), finds the arms with enough texts, and the size of draw that all of these allow.
 *
 * @throws RecipeError for no test texts, fewer than two test labels, a test label that no arm has, an unknown
 * baseline, a name twice, or numbers out of range. TillerError when no arm has enough texts.
 */
export function prepareArms(options: PrepareArmsOptions): PreparedArms {
  const { arms, test, baselines, share = 0.8, minimumPerLabel = 5 } = options;
  checkNumbers(options.seeds, share, minimumPerLabel);
  checkNames(arms, baselines);
  const labels = [...new Set(test.map(({ label }) => label))].sort();
  const languages = [...new Set(test.map(({ language }) => language))].sort();
  checkLabels(labels, arms);

  const notes: string[] = [];
  const testTexts = new Set(test.map(({ text }) => normalizeForNgrams(text)));
  const usable = arms.map(({ name, rows, beside }) => {
    const parts = beside === undefined ? [rows] : [rows, beside];
    // A second data set is told of where it stands alone.
    const told = beside === undefined ? notes : [];
    return { name, parts: parts.map((part) => usableRows({ name, rows: part }, labels, testTexts, told)) };
  });
  const reasons = new Map(
    usable.map(({ name, parts }) => {
      const whys = parts.flatMap((rows) => whyUntrainable({ rows }, labels, minimumPerLabel) ?? []);
      return [name, whys[0]] as const;
    }),
  );
  const trainable = usable.filter(({ name }) => reasons.get(name) === undefined);
  const essential = trainable.filter(({ name }) => options.essential?.includes(name) ?? true);
  if (trainable.length === 0) {
    const all = arms.map(({ name }) => `"${name}" ${reasons.get(name)}`).join("; ");
    throw new TillerError(`No data set has enough texts to train a classifier on: ${all}. Write more texts.`);
  }

  const needed = smallestCell(essential)?.count ?? 0;
  for (const arm of trainable) {
    const { label, count } = smallestCell([arm])!;
    if (essential.includes(arm) || count >= Math.min(needed / 2, options.perLabel ?? needed)) continue;
    reasons.set(
      arm.name,
      `not trained: ${texts(count)} of "${label}", where what it is compared with has ${needed} or more`,
    );
  }
  const compared = trainable.filter(({ name }) => reasons.get(name) === undefined);
  const smallest = smallestCell(compared)!;
  const perLabel = Math.min(
    smallest.count,
    options.perLabel ?? Math.max(1, Math.floor(smallest.count * share)),
  );
  const others = smallestCell(compared.filter(({ name }) => name !== smallest.name));
  if (others !== undefined && others.count >= 2 * smallest.count) {
    notes.push(
      `Every draw has ${perLabel} texts of each label, because "${smallest.name}" has only ${smallest.count} texts of "${smallest.label}"; the other data sets have twice as many or more.`,
    );
  }
  return {
    labels,
    languages,
    perLabel,
    notes,
    arms: usable.map(({ name, parts }): PreparedArm => {
      const reason = reasons.get(name);
      return reason === undefined ? { name, parts } : { name, reason };
    }),
  };
}

interface UsableArm {
  readonly name: string;
  readonly parts: readonly (readonly LabelledRow[])[];
}

/** Where there are the fewest texts of a label; undefined without an arm. */
function smallestCell(arms: readonly UsableArm[]) {
  const cells = arms.flatMap(({ name, parts }) =>
    parts.flatMap((rows) => [...countByLabel(rows)].map(([label, count]) => ({ name, label, count }))),
  );
  return cells.reduce<(typeof cells)[number] | undefined>(
    (least, cell) => (least === undefined || cell.count < least.count ? cell : least),
    undefined,
  );
}

function checkNumbers(seeds: number, share: number, minimumPerLabel: number): void {
  if (!Number.isInteger(seeds) || seeds < 1) {
    throw new RecipeError(`The number of seeds must be a whole number from 1; it is ${seeds}.`);
  }
  if (!(share > 0 && share < 1)) {
    throw new RecipeError(
      `The share of texts in a draw must be between 0 and 1, and not 1, as draws could not differ; it is ${share}.`,
    );
  }
  if (!Number.isInteger(minimumPerLabel) || minimumPerLabel < 2) {
    throw new RecipeError(
      `The fewest texts of a label must be a whole number from 2; it is ${minimumPerLabel}.`,
    );
  }
}

function checkNames(arms: readonly Arm[], baselines: readonly string[]): void {
  const names = arms.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RecipeError(`Two data sets have the name "${twice}".`);
  const unknown = baselines.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RecipeError(
      `The baseline "${unknown}" is not among the data sets: ${quoted(names) || "there is none"}.`,
    );
  }
}

function checkLabels(labels: readonly string[], arms: readonly Arm[]): void {
  if (labels.length < 2) {
    throw new RecipeError(
      labels.length === 0
        ? "There are no test texts to compare classifiers on."
        : `All test texts have the label "${labels[0]}"; a classifier needs test texts of two labels or more.`,
    );
  }
  const known = new Set(arms.flatMap(({ rows }) => rows.map(({ label }) => label)));
  const unknown = labels.filter((label) => !known.has(label));
  if (known.size > 0 && unknown.length > 0) {
    throw new RecipeError(
      `No data set has texts of the test's label ${quoted(unknown)}; theirs are ${quoted([...known].sort())}. ` +
        "Labels must be spelled alike in the test file and in the recipe's task.labels.",
    );
  }
}

function usableRows(
  arm: Arm,
  labels: readonly string[],
  testTexts: ReadonlySet<string>,
  notes: string[],
): LabelledRow[] {
  const foreign = new Map<string, number>();
  let copies = 0;
  const rows = arm.rows.filter(({ text, label }) => {
    if (!labels.includes(label)) {
      foreign.set(label, (foreign.get(label) ?? 0) + 1);
      return false;
    }
    const copy = testTexts.has(normalizeForNgrams(text));
    if (copy) copies++;
    return !copy;
  });
  for (const [label, count] of foreign) {
    notes.push(`"${arm.name}": ${texts(count)} with the label "${label}" left out, which no test text has.`);
  }
  if (copies > 0) notes.push(`"${arm.name}": ${texts(copies)} left out, as the test has the same.`);
  return rows;
}

function whyUntrainable(
  arm: { readonly rows: readonly LabelledRow[] },
  labels: readonly string[],
  minimum: number,
): string | undefined {
  if (arm.rows.length === 0) return "not trained: it has no texts";
  const counts = countByLabel(arm.rows);
  const short = labels.filter((label) => (counts.get(label) ?? 0) < minimum);
  if (short.length === 0) return undefined;
  const found = short.map((label) => `${texts(counts.get(label) ?? 0)} of "${label}"`).join(", ");
  return `not trained: ${found}; ${minimum} of each label are needed`;
}

function texts(count: number): string {
  return count === 1 ? "1 text" : `${count === 0 ? "no" : count} texts`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
