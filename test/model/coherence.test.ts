/** Coherence on real weights: word salad scores below the texts that it is made of, in each language that is tried. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { words } from "../../src/language/words.js";
import { resolveModel } from "../../src/models/resolve.js";
import { areaUnderRoc } from "../../src/score/area-under-roc.js";
import { coherenceOn, coherenceScale } from "../../src/score/coherence.js";
import { repetition } from "../../src/score/repetition.js";
import { shuffleWords } from "../../src/score/shuffle.js";
import { mean } from "../../src/score/statistics.js";

/** The first half of a language calibrates, the second is measured. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  en: [
    "We took the early train because my sister wanted to see the harbour before lunch.",
    "The baker on our street closes at noon, so I bought the bread yesterday.",
    "Nobody had told the children that the museum would be shut for repairs.",
    "If it rains tomorrow, we can move the tables into the old barn.",
    "My neighbour has repaired clocks for forty years and still enjoys it.",
    "The letter arrived two weeks late, and half of the page was wet.",
    "She opened the window and heard music from the other side of the river.",
    "There was no coffee left, which is why everyone came to our office.",
  ],
  de: [
    "Wir nahmen den frühen Zug, weil meine Schwester den Hafen sehen wollte.",
    "Der Bäcker in unserer Straße schließt am Mittag, also kaufte ich gestern Brot.",
    "Niemand hatte den Kindern gesagt, dass das Museum geschlossen ist.",
    "Wenn es morgen regnet, stellen wir die Tische in die alte Scheune.",
    "Mein Nachbar repariert seit vierzig Jahren Uhren und hat noch Freude daran.",
    "Der Brief kam zwei Wochen zu spät, und die halbe Seite war nass.",
    "Sie öffnete das Fenster und hörte Musik von der anderen Seite des Flusses.",
    "Es gab keinen Kaffee mehr, darum kamen alle in unser Büro.",
  ],
  es: [
    "Tomamos el tren temprano porque mi hermana quería ver el puerto.",
    "El panadero de nuestra calle cierra al mediodía, así que compré el pan ayer.",
    "Nadie les había dicho a los niños que el museo estaba cerrado.",
    "Si mañana llueve, podemos llevar las mesas al viejo granero.",
    "Mi vecino repara relojes desde hace cuarenta años y todavía le gusta.",
    "La carta llegó dos semanas tarde y media página estaba mojada.",
    "Ella abrió la ventana y oyó música desde el otro lado del río.",
    "No quedaba café, por eso todos vinieron a nuestra oficina.",
  ],
};

let engine: LlamaEngine;
beforeAll(async () => {
  const model = await resolveModel("tinyllama");
  engine = await LlamaEngine.open({ path: model.path, sha256: model.sha256, context: 256 });
});
afterAll(() => engine.close());

async function logProbabilities(texts: readonly string[]): Promise<number[]> {
  const means: number[] = [];
  for await (const { text, values } of engine.logProbabilities(texts)) means[text] = mean([...values])!;
  return means;
}

test.each(Object.entries(TEXTS))("shuffling the words lowers coherence (%s)", async (language, texts) => {
  const shuffled = texts.map((text, seed) => shuffleWords(text, seed, language));
  const values = await logProbabilities([...texts, ...shuffled]);
  const [human, salad] = [values.slice(0, texts.length), values.slice(texts.length)];
  const half = texts.length / 2;
  const scale = coherenceScale({ human: human.slice(0, half), shuffled: salad.slice(0, half) })!;
  const coherence = (of: readonly number[], said: readonly string[]) =>
    mean(of.slice(half).map((value, i) => coherenceOn(scale, value, repetition(words(said[half + i]!)))))!;
  expect(coherence(human, texts)).toBeGreaterThan(coherence(salad, shuffled) + 0.2);
  expect(areaUnderRoc(human, salad)).toBeGreaterThan(0.8);
});
