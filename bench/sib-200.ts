import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { segments } from "../src/language/words.js";

/** Test sentences of a language of SIB-200 (arXiv 2309.07445), which are parallel over the languages. */
export interface Sentences {
  /** ISO 639 code. */
  readonly language: string;
  readonly texts: readonly string[];
}

/**
 * Reads `data/topic-sib200/LANGUAGE/test.jsonl`, each line with a field `text`. In order of the languages' codes.
 * @throws Error if there is no such folder
 */
export function readSentences(data: string): Sentences[] {
  const folder = join(data, "topic-sib200");
  if (!existsSync(folder)) {
    throw new Error(`There is no ${folder}. Give the folder that holds topic-sib200/LANGUAGE/test.jsonl.`);
  }
  return readdirSync(folder)
    .sort()
    .map((language) => ({
      language,
      texts: readFileSync(join(folder, language, "test.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { text: string }).text),
    }));
}

/** A text's beginning, with at most so many words. */
export function firstWords(text: string, language: string, count: number): string {
  let seen = 0;
  let cut = "";
  for (const segment of segments(text, language)) {
    if (segment.wordLike && ++seen > count) break;
    cut += segment.text;
  }
  return cut;
}
