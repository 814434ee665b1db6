import { createHash } from "node:crypto";
import { RecipeError } from "../errors.js";
import { seedFrom, shuffled } from "../random/seeded-random.js";
import { ANY_LANGUAGE, type ClassGroup } from "./class-means.js";

/** The texts of one class in one language. */
export interface ContrastTexts extends ClassGroup {
  readonly texts: readonly string[];
}

/** A contrast set's two parts. They share no text. */
export interface SplitTexts extends ClassGroup {
  /** Vectors are made from these. */
  readonly vectorTexts: readonly string[];
  /** The label check is trained on these. */
  readonly heldOutTexts: readonly string[];
}

export interface ContrastSplit {
  readonly sets: readonly SplitTexts[];
  /** For the user: what was left out, and what else the vectors may hold. */
  readonly notes: readonly string[];
}

interface Line {
  /** Position in the set as it was given. */
  readonly index: number;
  readonly text: string;
}

interface CleanSet extends ClassGroup {
  readonly lines: readonly Line[];
  readonly givenLines: number;
}

function nameOf(group: ClassGroup): string {
  return group.language === ANY_LANGUAGE ? group.class : `${group.class} (${group.language})`;
}

/** SHA-256, in hex, of contrast sets: the order of the texts matters, that of the sets does not. */
export function contrastSha256(sets: readonly ContrastTexts[]): string {
  const rows = sets.map((set) => [set.language, set.class, set.texts.map((text) => text.normalize("NFC"))]);
  const encoded = rows.map((row) => JSON.stringify(row)).sort();
  return createHash("sha256").update(encoded.join("\n")).digest("hex");
}

/** Joins sets of the same class and language, in order. */
function joined(sets: readonly ContrastTexts[]): ContrastTexts[] {
  const byName = new Map<string, ContrastTexts>();
  for (const set of sets) {
    const key = JSON.stringify([set.language, set.class]);
    const before = byName.get(key)?.texts ?? [];
    byName.set(key, { language: set.language, class: set.class, texts: [...before, ...set.texts] });
  }
  return [...byName.values()];
}

function cleaned(set: ContrastTexts, notes: string[]): CleanSet {
  const seen = new Set<string>();
  const lines: Line[] = [];
  let empty = 0;
  let repeated = 0;
  set.texts.forEach((given, index) => {
    const text = given.normalize("NFC").trim();
    if (text === "") empty += 1;
    else if (seen.has(text)) repeated += 1;
    else {
      seen.add(text);
      lines.push({ index, text });
    }
  });
  if (empty > 0) notes.push(`${nameOf(set)}: left out ${empty} empty ${empty === 1 ? "text" : "texts"}.`);
  if (repeated > 0) {
    notes.push(`${nameOf(set)}: left out ${repeated} ${repeated === 1 ? "text" : "texts"} that came before.`);
  }
  return { language: set.language, class: set.class, lines, givenLines: set.texts.length };
}

/** The sets by language, each with whether its classes are pairs, line by line. */
function byLanguage(sets: readonly CleanSet[]): { classes: CleanSet[]; paired: boolean }[] {
  return [...new Set(sets.map((set) => set.language))].map((language) => {
    const classes = sets.filter((set) => set.language === language);
    const paired = classes.length > 1 && classes.every((set) => set.givenLines === classes[0]!.givenLines);
    return { classes, paired };
  });
}

/** Leaves a line that one class of a pair lacks out of the others too, unless hardly anything would be left. */
function withWholePairs(sets: readonly CleanSet[], notes: string[]): CleanSet[] {
  const whole = new Map<CleanSet, CleanSet>();
  for (const { classes, paired } of byLanguage(sets)) {
    if (!paired) continue;
    const kept = classes.map((set) => new Set(set.lines.map(({ index }) => index)));
    const everywhere = ({ index }: Line) => kept.every((indices) => indices.has(index));
    const lines = classes.map((set) => set.lines.filter(everywhere));
    if (lines[0]!.length < 2) continue;
    for (const [i, set] of classes.entries()) whole.set(set, { ...set, lines: lines[i]! });
  }
  return sets.map((set) => {
    const kept = whole.get(set) ?? set;
    const left = set.lines.length - kept.lines.length;
    if (left > 0) {
      notes.push(
        `${nameOf(set)}: left out ${left} ${left === 1 ? "text" : "texts"} whose pair was left out.`,
      );
    }
    return kept;
  });
}

function inOneContrast(a: ClassGroup, b: ClassGroup): boolean {
  const together = a.language === b.language || a.language === ANY_LANGUAGE || b.language === ANY_LANGUAGE;
  return together && a.class !== b.class;
}

function refuseSharedTexts(sets: readonly CleanSet[]): void {
  sets.forEach((set, at) => {
    const texts = new Set(set.lines.map(({ text }) => text));
    for (const other of sets.slice(at + 1)) {
      if (!inOneContrast(set, other)) continue;
      const shared = other.lines.filter(({ text }) => texts.has(text));
      if (shared.length === 0) continue;
      throw new RecipeError(
        `contrast: ${shared.length === 1 ? "a text stands" : `${shared.length} texts stand`} on both sides, in ` +
          `${nameOf(set)} and in ${nameOf(other)}: ${JSON.stringify(shared[0]!.text.slice(0, 80))}. Remove from one side.`,
      );
    }
  });
}

/** Mean lengths whose ratio is larger are noted. */
const UNEQUAL_LENGTHS = 2;

/** What the vector would hold besides the classes, if one class of a contrast is much longer than another. */
function noteLengths(sets: readonly CleanSet[], notes: string[]): void {
  for (const language of new Set(sets.map((set) => set.language))) {
    const byLength = sets
      .filter((set) => set.language === language)
      .map((set) => ({ name: nameOf(set), length: meanLength(set) }))
      .sort((a, b) => a.length - b.length);
    const shortest = byLength[0]!;
    const longest = byLength.at(-1)!;
    const ratio = longest.length / shortest.length;
    if (ratio <= UNEQUAL_LENGTHS) continue;
    notes.push(
      `contrast: texts of ${longest.name} are ${ratio.toFixed(1)} times as long as those of ${shortest.name} ` +
        `(${longest.length.toFixed(0)} and ${shortest.length.toFixed(0)} characters in the mean). ` +
        "A vector between them holds the length too; take texts of like length.",
    );
  }
}

/** Characters (code points) of a set's text, in the mean. */
function meanLength({ lines }: CleanSet): number {
  return lines.reduce((sum, { text }) => sum + [...text].length, 0) / lines.length;
}

/** The items that are held out: a share of them, at least one, at most all but one. */
function chosen(items: readonly number[], share: number, seed: number): Set<number> {
  const count = Math.min(items.length - 1, Math.max(1, Math.round(items.length * share)));
  return new Set(shuffled(items, seed).slice(0, count));
}

function parted(set: CleanSet, heldOut: ReadonlySet<number>): SplitTexts {
  return {
    language: set.language,
    class: set.class,
    vectorTexts: set.lines.filter(({ index }) => !heldOut.has(index)).map(({ text }) => text),
    heldOutTexts: set.lines.filter(({ index }) => heldOut.has(index)).map(({ text }) => text),
  };
}

function hasBothParts(set: SplitTexts): boolean {
  return set.vectorTexts.length > 0 && set.heldOutTexts.length > 0;
}

/** Line numbers are drawn once for all classes, so that line i of every class goes to the same part. */
function splitTogether(sets: readonly CleanSet[], share: number, seed: number): SplitTexts[] {
  const lines = [...new Set(sets.flatMap((set) => set.lines.map(({ index }) => index)))].sort(
    (a, b) => a - b,
  );
  const heldOut = chosen(lines, share, seedFrom(seed, "contrast-split", sets[0]!.language));
  return sets.map((set) => parted(set, heldOut));
}

function splitAlone(set: CleanSet, share: number, seed: number): SplitTexts {
  const lines = set.lines.map(({ index }) => index);
  return parted(set, chosen(lines, share, seedFrom(seed, "contrast-split", set.language, set.class)));
}

/**
 * Splits contrast sets into texts for the vectors and texts held out for the label check. Texts become NFC
 * without space around them; empty and repeated ones are left out with a note; both parts keep the given order.
 *
 * If all classes of a language were given with the same number of texts, line i of each is taken for a pair,
 * such as a text and its back-translation, and goes to the same part whole: the check never meets the other
 * half of a text that a vector was made from. A line that is empty or repeated in one class is then left out of all.
 * For sets that are no pairs this does no harm.
 *
 * A note also says where the texts of one class are in the mean more than twice as long as those of another class of
 * the same language.
 *
 * @param options.heldOut share of each set that is held out, between 0 and 1; each part gets at least one text.
 * @throws RecipeError if a set has fewer than two different texts, or two classes of one language share a text.
 */
export function splitContrast(
  sets: readonly ContrastTexts[],
  options: { readonly heldOut: number; readonly seed: number },
): ContrastSplit {
  const notes: string[] = [];
  const given = joined(sets).map((set) => cleaned(set, notes));
  for (const set of given) {
    if (set.lines.length >= 2) continue;
    throw new RecipeError(
      `contrast: ${nameOf(set)} has ${set.lines.length === 0 ? "no text" : "only one different text"}; it needs at least two, one for the vector and one held out.`,
    );
  }
  refuseSharedTexts(given);
  noteLengths(given, notes);
  const clean = withWholePairs(given, notes);

  const result = new Map<CleanSet, SplitTexts>();
  for (const { classes, paired } of byLanguage(clean)) {
    const together = paired ? splitTogether(classes, options.heldOut, options.seed) : [];
    const usable = together.length > 0 && together.every(hasBothParts);
    classes.forEach((set, index) => {
      result.set(set, usable ? together[index]! : splitAlone(set, options.heldOut, options.seed));
    });
  }
  return { sets: clean.map((set) => result.get(set)!), notes };
}
