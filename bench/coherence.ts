import { LlamaEngine } from "../src/engine/llama/llama-engine.js";
import { words } from "../src/language/words.js";
import { resolveModel } from "../src/models/resolve.js";
import { areaUnderRoc } from "../src/score/area-under-roc.js";
import { coherenceOn, coherenceScale } from "../src/score/coherence.js";
import { TELLING_SEPARATION } from "../src/score/reference.js";
import { repetition } from "../src/score/repetition.js";
import { shuffleWords } from "../src/score/shuffle.js";
import { mean } from "../src/score/statistics.js";
import { firstWords, readSentences } from "./sib-200.js";

/** Human sentences of a language: every other one calibrates the scale, and the rest are measured on it. */
const TEXTS = 24;
/** Words of a sentence that are read, so that a language takes a minute. */
const WORDS = 12;
const CONTEXT = 512;

interface Reading {
  readonly text: string;
  /** Mean log-probability per token. */
  readonly value: number;
}

/**
 * Coherence of human sentences against that of the same sentences with their words shuffled, for each language of
 * SIB-200, under TinyLlama. A model counts as knowing a language if, of the sentences that calibrate the scale, it finds
 * a human one more probable than a shuffled one in 75 % of the pairs (AUROC): below that a run's report says that
 * coherence says little. What is shown was measured on other sentences, of which that criterion saw none.
 */
export async function* coherenceTable(data: string): AsyncGenerator<string> {
  const sentences = readSentences(data);
  const model = await resolveModel("tinyllama");
  await using engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: CONTEXT });
  const read = async (texts: readonly string[]): Promise<Reading[]> => {
    const readings: Reading[] = [];
    for await (const { text, values } of engine.logProbabilities(texts)) {
      readings[text] = { text: texts[text]!, value: mean([...values]) ?? Number.NaN };
    }
    return readings;
  };
  yield `${"".padEnd(8)}${["n", "human", "shuffled", "AUROC", "human >"].map((title) => title.padStart(10)).join("")}  known`;
  const unknown: string[] = [];
  for (const { language, texts } of sentences) {
    const human = texts.slice(0, TEXTS).map((text) => firstWords(text, language, WORDS));
    const shuffled = human.map((text, seed) => shuffleWords(text, seed, language));
    const readings = await read([...human, ...shuffled]);
    const half = (from: number, parity: number) =>
      readings.slice(from, from + human.length).filter((_, i) => i % 2 === parity);
    const value = ({ value }: Reading) => value;
    const repeated = ({ text }: Reading) => repetition(words(text, language));
    const scale = coherenceScale({
      human: half(0, 0).map(value),
      shuffled: half(human.length, 0).map(value),
      repetition: mean(half(0, 0).map(repeated))!,
    });
    const known = scale !== undefined && scale.separation >= TELLING_SEPARATION;
    if (!known) unknown.push(language);
    const [people, salad] = [half(0, 1), half(human.length, 1)];
    const coherence = (some: readonly Reading[]) =>
      scale && mean(some.map((one) => coherenceOn(scale, one.value, repeated(one))));
    const columns = [
      coherence(people),
      coherence(salad),
      areaUnderRoc(people.map(value), salad.map(value)),
      mean(people.map((one, i) => (one.value > salad[i]!.value ? 1 : 0))),
    ];
    const shown = columns.map((column) => (column === undefined ? "–" : column.toFixed(2)).padStart(10));
    const separation = scale === undefined ? "" : ` (${scale.separation.toFixed(2)})`;
    yield `${language.padEnd(8)}${String(people.length).padStart(10)}${shown.join("")}  ${known ? "yes" : "no"}${separation}`;
  }
  yield unknown.length === 0
    ? "The model knows all of them."
    : `Not known, since it does not tell their sentences from shuffled ones: ${unknown.join(", ")}.`;
}
