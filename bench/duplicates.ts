import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type NearDuplicatePair, nearDuplicatePairs } from "../src/duplicates/near-duplicates.js";
import { madeUpTexts, pairsByBruteForce, withPlanted } from "../src/duplicates/test-planted-texts.js";
import { createFilters } from "../src/generate/filters.js";
import { sampled } from "../src/random/seeded-random.js";
import { compareInPairs, type Ratio } from "./pairs.js";
import { peakMemory, processorSeconds, tellPeakMemory } from "./processor-time.js";

const FILE = fileURLToPath(import.meta.url);

const THRESHOLD = 0.8;
/** Texts that are compared with brute force, and those of the whole task; half of them are changed copies. */
const COMPARED = 5_000;
const ALL = 100_000;
/** What the whole task may take, on one core. */
const SECONDS = 60;
const MEMORY = 1_000_000_000;
/** Texts on which brute force is timed; its time is then scaled to all pairs of the whole task. */
const TIMED = 2_000;
/** What a text's filters may take, without language identification, in milliseconds. */
const FILTER_MILLISECONDS = 2;
const FILTERED = 10_000;
const WORDS = 40;

const mixture = (count: number, seed: number): string[] =>
  withPlanted(madeUpTexts(count / 2, seed), count / 2, seed + 1);

/** Real texts with changed copies among them, from DATA/topic-sib200/LANGUAGE/train.jsonl. */
function realTexts(data: string): string[] {
  const folder = join(data, "topic-sib200");
  const texts = readdirSync(folder).flatMap((language) =>
    readFileSync(join(folder, language, "train.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { text: string }).text),
  );
  return withPlanted(sampled(texts, COMPARED / 2, 1), COMPARED / 2, 2);
}

function share(name: string, goal: number, part: number, whole: number): Ratio {
  const ratio = part / whole;
  return { name, goal, unit: "pairs ÷ pairs", ratio, p25: ratio, p75: ratio, measured: [part, whole] };
}

/** How many of the pairs that brute force finds are found, and how many of those found are such pairs. */
function* foundPairs(kind: string, texts: readonly string[]): Generator<Ratio> {
  const key = ({ first, second }: NearDuplicatePair) => `${first} ${second}`;
  const all = new Set(pairsByBruteForce(texts, THRESHOLD).map(key));
  const found = nearDuplicatePairs(texts, { threshold: THRESHOLD }).map(key);
  const right = found.filter((pair) => all.has(pair)).length;
  yield share(`recall on ${texts.length} ${kind} texts, against brute force`, 0.99, right, all.size);
  yield share(`precision on ${texts.length} ${kind} texts, against brute force`, 1, right, found.length);
}

/**
 * Near-duplicates: what is found of what brute force finds, time and memory of a large data set, and what filtering
 * costs. With a folder in TILLER_BENCH_DATA, real texts of SIB-200 as well.
 */
export async function* duplicatesBenchmark(): AsyncGenerator<Ratio> {
  yield* foundPairs("made-up", mixture(COMPARED, 1));
  const data = process.env.TILLER_BENCH_DATA;
  if (data !== undefined) yield* foundPairs("real", realTexts(data));

  const texts = mixture(ALL, 3);
  yield await compareInPairs(
    {
      name: `${ALL} texts in five scripts, half of them changed copies`,
      goal: 1,
      unit: `${SECONDS} s ÷ seconds of processor time`,
    },
    async () => SECONDS,
    async () => processorSeconds(() => nearDuplicatePairs(texts, { threshold: THRESHOLD })),
    1,
  );
  yield await compareInPairs(
    { name: `most memory of a process that does so`, goal: 1, unit: `${MEMORY / 1e6} MB ÷ memory` },
    async () => MEMORY,
    () => peakMemory(FILE, ALL),
    1,
  );
  const scale = (ALL * (ALL - 1)) / (TIMED * (TIMED - 1));
  yield await compareInPairs(
    {
      name: `${ALL} texts, against brute force (timed on ${TIMED} texts and scaled to all pairs)`,
      goal: 20,
      unit: "texts/s ÷ texts/s of brute force, of processor time",
    },
    async () => ALL / processorSeconds(() => nearDuplicatePairs(texts, { threshold: THRESHOLD })),
    async () => ALL / (scale * processorSeconds(() => pairsByBruteForce(texts.slice(0, TIMED), THRESHOLD))),
    1,
  );
  yield await compareInPairs(
    {
      name: `filters of ${FILTERED} made-up texts of ${WORDS} words, compared with ${FILTERED} real ones, without language identification`,
      goal: 1,
      unit: `${FILTER_MILLISECONDS} ms ÷ milliseconds of processor time a text`,
    },
    async () => FILTER_MILLISECONDS,
    async () => (1000 * processorSeconds(filterAll)) / FILTERED,
    1,
  );
}

/** As a run filters: demonstrations, real texts and all accepted texts are compared with. */
function filterAll(): void {
  const real = madeUpTexts(FILTERED, 7, WORDS);
  const filters = createFilters({
    minCharacters: 8,
    maxCharacters: 2000,
    language: false,
    loops: true,
    echo: true,
    templateResidue: true,
    nearDuplicates: true,
    copiedDemonstrations: true,
    memorised: true,
    identify: () => true,
    prompts: madeUpTexts(10, 5, 200),
    demonstrations: real.slice(0, 50),
    real,
  });
  for (const text of madeUpTexts(FILTERED, 6, WORDS)) {
    if (filters.check(text, { language: "en" }).length === 0) filters.accept(text, { language: "en" });
  }
}

tellPeakMemory((count) => nearDuplicatePairs(mixture(count, 3), { threshold: THRESHOLD }));
