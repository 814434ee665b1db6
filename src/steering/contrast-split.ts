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
  /** For the user: what was left out, and why. */
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
 * half of a text that a vector was made from. For sets that are no pairs this does no harm.
 *
 * @param options.heldOut share of each set that is held out, between 0 and 1; each part gets at least one text.
 * @throws RecipeError if a set has fewer than two different texts, or two classes of one language share a text.
 */
export function splitContrast(
  sets: readonly ContrastTexts[],
  options: { readonly heldOut: number; readonly seed: number },
): ContrastSplit {
  const notes: string[] = [];
  const clean = joined(sets).map((set) => cleaned(set, notes));
  for (const set of clean) {
    if (set.lines.length >= 2) continue;
    throw new RecipeError(
      `contrast: ${nameOf(set)} has ${set.lines.length === 0 ? "no text" : "only one different text"}; it needs at least two, one for the vector and one held out.`,
    );
  }
  refuseSharedTexts(clean);

  const result = new Map<CleanSet, SplitTexts>();
  for (const language of new Set(clean.map((set) => set.language))) {
    const classes = clean.filter((set) => set.language === language);
    const paired = classes.length > 1 && classes.every((set) => set.givenLines === classes[0]!.givenLines);
    const together = paired ? splitTogether(classes, options.heldOut, options.seed) : [];
    const usable = together.length > 0 && together.every(hasBothParts);
    classes.forEach((set, index) => {
      result.set(set, usable ? together[index]! : splitAlone(set, options.heldOut, options.seed));
    });
  }
  return { sets: clean.map((set) => result.get(set)!), notes };
}
