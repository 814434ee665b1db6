/** For tests: a recipe on a tiny random model, with everything that it needs in one folder. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyModelOptions, writeTinyModel } from "../gguf/tiny-model.js";

const GOOD = ["good", "kind", "bright", "warm", "happy"];
const BAD = ["bad", "cold", "dark", "slow", "sad"];
const THINGS = ["house", "river", "bird", "garden", "morning", "story", "friend", "road"];

function sentences(words: readonly string[]): string[] {
  return words.flatMap((word, w) =>
    THINGS.slice(0, 4).map((_, t) => {
      const thing = THINGS[(w + 2 * t) % THINGS.length]!;
      return `The ${thing} was ${word} and we saw it ${["today", "again", "here", "there"][t]}.`;
    }),
  );
}

export interface TestRun {
  readonly folder: string;
  readonly recipe: string;
  readonly model: string;
  readonly output: string;
}

/** Writes the model and the recipe. `changes` replaces top-level keys of the recipe. */
export async function createTestRun(
  changes: Record<string, unknown> = {},
  model: TinyModelOptions = {},
): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), "tiller-run-"));
  await writeTinyModel(join(folder, "tiny.gguf"), model);
  const test = [...sentences(GOOD), ...sentences(BAD)].map((text, i) =>
    JSON.stringify({ text: `${text} It is so.`, label: i < 20 ? "positive" : "negative" }),
  );
  await writeFile(join(folder, "test.jsonl"), `${test.join("\n")}\n`);
  const recipe = {
    name: "tiny",
    model: { source: "file:tiny.gguf", context: 256, sequences: 8, threads: 2 },
    task: {
      labels: ["negative", "positive"],
      prompt: { zeroShot: "A {label} text about the day:" },
      chat: "raw",
    },
    contrast: [
      { class: "positive", texts: sentences(GOOD) },
      { class: "negative", texts: sentences(BAD) },
    ],
    steering: { method: "mean-difference", layers: [1, 2], strengths: [0.2, 0.5] },
    decoding: { maxTokens: 24 },
    samples: { perLabel: 24, pilotPerLabel: 4, attempts: 3 },
    // A random model writes no language and now and then repeats itself.
    filters: { language: false },
    scoring: { texts: 16, tokenBudget: 50 },
    classifier: { test: "test.jsonl", seeds: 2 },
    ...changes,
  };
  const path = join(folder, "recipe.yaml");
  await writeFile(path, JSON.stringify(recipe, null, 2));
  return { folder, recipe: path, model: join(folder, "tiny.gguf"), output: join(folder, "run") };
}
