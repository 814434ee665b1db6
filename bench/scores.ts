import { fileURLToPath } from "node:url";
import { randomGenerator } from "../src/random/seeded-random.js";
import { lexicalMeasures } from "../src/score/lexical-measures.js";
import { lexicalSet, lexicalText } from "../src/score/lexical-set.js";
import { selfBleu } from "../src/score/self-bleu.js";
import { compareInPairs, type Ratio } from "./pairs.js";
import { peakMemory, processorSeconds, tellPeakMemory } from "./processor-time.js";

const FILE = fileURLToPath(import.meta.url);

const TEXTS = 10_000;
const WORDS = 40;
/** What the whole lexical set of `TEXTS` texts may take, tokenising included, on one core. */
const SECONDS = 10;
/** What twice the texts may take of the memory. */
const GROWTH = 2.2;
const BLEU_TEXTS = 1_000;
/** Texts that the direct self-BLEU scores, each against all others; its time is then scaled to all of them. */
const DIRECT_TEXTS = 10;

/** Made-up texts of words whose frequency falls as that of natural words does. */
function madeUp(count: number, seed: number): string[] {
  const random = randomGenerator(seed);
  const word = (): string => {
    const rank = Math.floor(30_000 ** random());
    return `${"bcdfghklmnprst"[rank % 14]}${"aeiou"[rank % 5]}${rank.toString(36)}`;
  };
  return Array.from({ length: count }, () => `${Array.from({ length: WORDS }, word).join(" ")}.`);
}

/** Tokenises texts, and as many human ones, and takes every measure of them. */
function measureAll(count: number): void {
  const set = lexicalSet(madeUp(count, 1).map((text) => lexicalText(text, "en")));
  const human = lexicalSet(madeUp(count, 2).map((text) => lexicalText(text, "en")));
  const sources = {
    demonstrations: madeUp(10, 3).map((text) => lexicalText(text, "en")),
    human: human.texts,
  };
  lexicalMeasures(set, { seed: 1, language: "en", human, sources });
}

/** Self-BLEU as it is defined: each text against every other one, and all n-grams counted anew for every pair. */
function directSelfBleu(texts: readonly (readonly string[])[], scored: number): number {
  let sum = 0;
  for (let t = 0; t < scored; t++) {
    const text = texts[t]!;
    let logarithm = 0;
    for (let n = 1; n <= 4; n++) {
      const own = counted(text, n);
      const allowed = new Map<string, number>();
      for (const [other, reference] of texts.entries()) {
        if (other === t) continue;
        const counts = counted(reference, n);
        for (const gram of own.keys()) {
          allowed.set(gram, Math.max(allowed.get(gram) ?? 0, counts.get(gram) ?? 0));
        }
      }
      let matched = 0;
      for (const [gram, count] of own) matched += Math.min(count, allowed.get(gram)!);
      logarithm += Math.log((matched || 0.1) / Math.max(1, text.length - n + 1)) / 4;
    }
    // All texts have one length, so that there is no brevity penalty.
    sum += Math.exp(logarithm);
  }
  return sum / scored;
}

function counted(text: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= text.length; i++) {
    const gram = text.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** What the lexical measures take: of time, of memory, and of time against the definition of self-BLEU. */
export async function* scoresBenchmark(): AsyncGenerator<Ratio> {
  yield await compareInPairs(
    {
      name: `${TEXTS} texts of ${WORDS} words against as many human ones, all lexical measures`,
      goal: 1,
      unit: `${SECONDS} s ÷ seconds of processor time`,
    },
    async () => SECONDS,
    async () => processorSeconds(() => measureAll(TEXTS)),
    3,
  );
  const empty = await peakMemory(FILE, 0);
  yield await compareInPairs(
    {
      name: `memory of ${2 * TEXTS} texts ÷ that of ${TEXTS}, less what an idle process has (up to ${GROWTH})`,
      goal: 1,
      unit: `${GROWTH} ÷ growth`,
    },
    async () => GROWTH,
    async () => ((await peakMemory(FILE, 2 * TEXTS)) - empty) / ((await peakMemory(FILE, TEXTS)) - empty),
    3,
  );
  const texts = madeUp(BLEU_TEXTS, 4).map((text) => lexicalText(text, "en"));
  const tokens = texts.map((text) => text.tokens);
  yield await compareInPairs(
    {
      name: `self-BLEU of ${BLEU_TEXTS} texts (the definition timed on ${DIRECT_TEXTS} of them against all)`,
      goal: 50,
      unit: "texts/s ÷ texts/s of the definition, of processor time",
    },
    async () => BLEU_TEXTS / processorSeconds(() => selfBleu(lexicalSet(texts), { seed: 1 })),
    async () => DIRECT_TEXTS / processorSeconds(() => directSelfBleu(tokens, DIRECT_TEXTS)),
    5,
  );
}

tellPeakMemory(measureAll);
