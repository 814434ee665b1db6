import { loadModule } from "cld3-asm";
import { eld } from "eld/medium";
import { sameLanguage } from "../src/language/code.js";
import { createIdentifier } from "../src/language/identify.js";
import { firstWords, readSentences } from "./sib-200.js";

const LENGTHS = [Number.POSITIVE_INFINITY, 5, 3];

/**
 * How often language identification is right, and how often `matches` is wrong in either direction, on the test
 * sentences of SIB-200, whole and cut to their first words. In per cent of the sentences:
 *
 * - cld3, eld: the detector alone gives the language, or one that counts as the same
 * - both: `identify` gives it; none: `identify` gives no answer
 * - rejected: `matches` is false for the sentence's own language
 * - passed: `matches` is true for another of the languages, mean over them; and the worst of them
 */
export async function* languageIdTable(data: string): AsyncGenerator<string> {
  const sets = readSentences(data);
  const identifier = await createIdentifier();
  const cld3 = (await loadModule({ timeout: 120_000 })).create(0, 1000);
  const columns = ["cld3", "eld", "both", "none", "rejected", "passed"];
  for (const length of LENGTHS) {
    yield length === Number.POSITIVE_INFINITY ? "whole sentences" : `first ${length} words`;
    yield `lang${["texts", ...columns].map((title) => title.padStart(9)).join("")}  passes most as`;
    const shares: number[][] = columns.map(() => []);
    for (const { language, texts: whole } of sets) {
      const texts = whole.map((text) => firstWords(text, language, length));
      const share = (holds: (text: string) => boolean): number => texts.filter(holds).length / texts.length;
      const others = sets.map((set) => set.language).filter((other) => !sameLanguage(other, language));
      // All questions about one text on end: the identifier remembers what it found of the last one.
      const taken = texts.flatMap((text) => others.filter((other) => identifier.matches(text, other)));
      const passed = others
        .map((other) => ({ other, share: taken.filter((one) => one === other).length / texts.length }))
        .sort((a, b) => b.share - a.share);
      const found = texts.map((text) => identifier.identify(text)?.language);
      const row = [
        share((text) => sameLanguage(cld3.findLanguage(text).language, language)),
        share((text) => sameLanguage(eld.detect(text).language, language)),
        found.filter((answer) => answer !== undefined && sameLanguage(answer, language)).length /
          texts.length,
        found.filter((answer) => answer === undefined).length / texts.length,
        share((text) => !identifier.matches(text, language)),
        mean(passed.map((one) => one.share)),
      ];
      for (const [i, value] of row.entries()) shares[i]!.push(value);
      const worst = passed.filter((one) => one.share > 0).slice(0, 2);
      const shown = worst.map((one) => `${one.other} ${percent(one.share).trim()}`).join(", ");
      yield `${language.padEnd(4)}${String(texts.length).padStart(9)}${row.map(percent).join("")}  ${shown}`;
    }
    yield `mean${"".padStart(9)}${shares.map((share) => percent(mean(share))).join("")}`;
  }
}

function percent(share: number): string {
  return (100 * share).toFixed(1).padStart(9);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
