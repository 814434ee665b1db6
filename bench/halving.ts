/**
 * Successive halving against the whole grid on TinyLlama: `npm run bench -- halving [FOLDER]`. Both search the same sweep
 * for real. Prints the tokens of either, and where the configuration that halving chose stands among those of the grid.
 * In FOLDER the searches are kept, and the same command goes on; bench/halving.log has what it printed.
 */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Order } from "../src/generate/write-samples.js";
import { trainLabelChecks } from "../src/study/label-check.js";
import { rankConfigurations, scoreConfigurations, writeOrders } from "../src/study/pilot.js";
import { makeVectors } from "../src/study/run-study.js";
import { searchSweep } from "../src/study/search.js";
import { readSearch } from "../src/study/search-record.js";
import { Study } from "../src/study/study.js";
import { TextScores } from "../src/study/text-scores.js";

const EXAMPLES = fileURLToPath(new URL("../examples/quickstart", import.meta.url));
/** Texts of each label that a configuration has at the end. */
const TEXTS = 18;

const recipe = (search: "grid" | "halving") => ({
  name: `bench-${search}`,
  model: { source: "tinyllama", context: 256, sequences: 16 },
  task: {
    labels: ["negative", "positive"],
    prompt: { zeroShot: 'Reviews by customers\n\nA {label} review: "' },
    chat: "raw",
  },
  contrast: ["negative", "positive"].map((label) => ({
    class: label,
    file: join(EXAMPLES, `contrast-${label}.txt`),
  })),
  steering: {
    method: "mean-difference",
    layers: [2, 5, 8, 11, 14, 17, 20],
    strengths: [0.1, 0.2, 0.3, 0.45],
  },
  decoding: { maxTokens: 24, stop: ['"'] },
  samples: { perLabel: TEXTS, pilotPerLabel: TEXTS },
  scoring: { texts: 2 * TEXTS, authenticity: false },
  study: { search, best: 1 },
});

interface Searched {
  readonly tokens: number;
  /** The best first. */
  readonly ranked: readonly { readonly name: string; readonly harmonic: number | undefined }[];
  readonly rounds: string;
}

async function search(kind: "grid" | "halving", parent: string): Promise<Searched> {
  const folder = join(parent, kind);
  await mkdir(folder, { recursive: true });
  const path = join(folder, "recipe.json");
  await writeFile(path, JSON.stringify(recipe(kind)));
  await using study = await Study.open(path, { output: join(folder, "run") });
  const vectors = await makeVectors(study);
  const write = (orders: readonly Order[], name: string) => writeOrders(study, vectors, orders, name);
  const purse = { noRoomFor: async () => undefined };
  await searchSweep({ study, vectors, write, purse }, study.recipe.study!);
  const { rounds } = (await readSearch(study))!;
  const last = study.sweep.filter(({ name }) => rounds.at(-1)!.ranked.includes(name));
  const scores = await TextScores.open(study, trainLabelChecks(study.materials));
  const outcomes = await scoreConfigurations(study, vectors, scores, last, TEXTS);
  return {
    tokens: study.journal.rows().reduce((sum, row) => sum + row.tokens, 0),
    ranked: rankConfigurations(outcomes).map(({ configuration, card }) => ({
      name: configuration.name,
      harmonic: card.harmonic,
    })),
    rounds: rounds.map(({ texts, ranked }) => `${ranked.length} with ${texts} texts of a label`).join(", "),
  };
}

const line = ({ tokens, rounds }: Searched) => `${tokens} tokens; ranked: ${rounds}`;

/** @yields lines of text */
export async function* halvingTable(kept?: string): AsyncGenerator<string> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), "tiller-halving-")));
  const grid = await search("grid", folder);
  yield `grid:    ${line(grid)}`;
  for (const [i, { name, harmonic }] of grid.ranked.entries()) {
    yield `  ${String(i + 1).padStart(2)}. ${name.padEnd(26)} ${harmonic?.toFixed(3)}`;
  }
  const halving = await search("halving", folder);
  yield `halving: ${line(halving)}`;
  const [chosen] = halving.ranked;
  const rank = grid.ranked.findIndex(({ name }) => name === chosen!.name) + 1;
  const tried = recipe("grid").steering.layers.length * recipe("grid").steering.strengths.length;
  yield `halving chose ${chosen!.name}: number ${rank} of the grid's ${tried} (best tenth: ${Math.ceil(tried / 10)})`;
  yield `tokens, halving ÷ grid: ${(halving.tokens / grid.tokens).toFixed(3)}`;
}
