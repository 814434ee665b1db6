/**
 * How often language identification is right, and how often `matches` is wrong in either direction, on the test
 * sentences of SIB-200, whole and cut to their first words. Run it with
 *
 *   npx tsx bench/language-id.ts DATA
 *
 * where DATA/topic-sib200/LANGUAGE/test.jsonl has a field `text`. Columns, in per cent of the sentences:
 *
 * - right: `identify` gives the language (or one that counts as the same)
 * - none: `identify` gives no answer
 * - rejected: `matches` is false for the sentence's own language
 * - passed: `matches` is true for another of the languages, mean over them; and the worst of them
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sameLanguage } from "../src/language/code.js";
import { createIdentifier } from "../src/language/identify.js";
import { segments } from "../src/language/words.js";

const data = process.argv[2];
if (data === undefined) {
  console.error("Usage: npx tsx bench/language-id.ts DATA");
  process.exit(2);
}
const folder = join(data, "topic-sib200");
const languages = readdirSync(folder).sort();
const identifier = await createIdentifier();

function firstWords(text: string, language: string, count: number): string {
  let seen = 0;
  let cut = "";
  for (const segment of segments(text, language)) {
    if (segment.wordLike && ++seen > count) break;
    cut += segment.text;
  }
  return cut;
}

const percent = (part: number, whole: number): string => ((100 * part) / whole).toFixed(1).padStart(8);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

for (const count of [Number.POSITIVE_INFINITY, 8, 5, 3, 2]) {
  console.log(count === Number.POSITIVE_INFINITY ? "\nwhole sentences" : `\nfirst ${count} words`);
  console.log("lang     texts    right     none rejected   passed  most often as");
  const columns: number[][] = [[], [], [], []];
  const started = process.hrtime.bigint();
  let calls = 0;
  for (const language of languages) {
    const texts = readFileSync(join(folder, language, "test.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => firstWords((JSON.parse(line) as { text: string }).text, language, count));
    const answers = texts.map((text) => identifier.identify(text));
    const right = answers.filter((answer) => answer && sameLanguage(answer.language, language)).length;
    const none = answers.filter((answer) => answer === undefined).length;
    const rejected = texts.filter((text) => !identifier.matches(text, language)).length;
    const passed = languages
      .filter((other) => !sameLanguage(other, language))
      .map((other) => ({ other, n: texts.filter((text) => identifier.matches(text, other)).length }))
      .sort((a, b) => b.n - a.n);
    calls += texts.length * (languages.length + 1);
    const all = mean(passed.map(({ n }) => n));
    for (const [i, value] of [right, none, rejected, all].entries()) {
      columns[i]!.push(value / texts.length);
    }
    const worst = passed
      .slice(0, 2)
      .map(({ other, n }) => `${other} ${percent(n, texts.length).trim()}`)
      .join(", ");
    console.log(
      `${language.padEnd(4)} ${String(texts.length).padStart(9)} ${[right, none, rejected, all].map((n) => percent(n, texts.length)).join(" ")}  ${worst}`,
    );
  }
  console.log(`mean ${" ".repeat(9)} ${columns.map((column) => percent(mean(column), 1)).join(" ")}`);
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  console.log(`${(milliseconds / calls).toFixed(2)} ms a text`);
}
