import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { argmax } from "../classify/logistic-regression.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { writeTinyModel } from "../gguf/tiny-model.js";
import {
  type InstructionTuning,
  instructionTunedTrainer,
  type TunedModel,
} from "./instruction-tuned-trainer.js";
import { llmClassifier } from "./llm-classifier.js";

const LABELS = ["negative", "positive"];
const CONTEXT = 256;
const THINGS = [
  "food",
  "film",
  "book",
  "hotel",
  "room",
  "story",
  "team",
  "game",
  "city",
  "train",
  "waiter",
  "price",
];
const TEXTS = THINGS.flatMap((thing) => [
  `The ${thing} was bad and cold.`,
  `The ${thing} was good and warm.`,
]);

let folder: string;
let model: { path: string; sha256: string };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-tuned-"));
  model = { path: join(folder, "base.gguf"), sha256: "a".repeat(64) };
  writeTinyModel(model.path, { layers: 1, width: 64 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A trainer, with what it did. */
function tuning(options: Partial<InstructionTuning>) {
  const tuned: TunedModel[] = [];
  let epochs = 0;
  const trainer = instructionTunedTrainer({
    model,
    labels: LABELS,
    task: "sentiment",
    context: CONTEXT,
    folder,
    threads: 2,
    onTuned: (one) => tuned.push(one),
    onEvent: ({ kind }) => {
      if (kind === "epoch") epochs++;
    },
    withEngine: async (path, sha256, work) => {
      await using engine = await LlamaEngine.open({ path, sha256, threads: 2 });
      return await work(engine);
    },
    read: async ({ path, key }, texts) => {
      await using engine = await LlamaEngine.open({ path, sha256: key, threads: 2 });
      const classifier = llmClassifier({
        engine: async () => engine,
        modelKey: key,
        labels: LABELS,
        task: "sentiment",
        context: CONTEXT,
      });
      return await classifier.probabilities(texts);
    },
    ...options,
  });
  return { trainer, tuned, epochs: () => epochs };
}

/** Trains on the first texts, and gives the share of the last eight that it labels rightly. */
async function accuracyOf(trainer: ReturnType<typeof tuning>["trainer"], count: number) {
  const texts = await trainer.prepare(TEXTS);
  const rows = Int32Array.from({ length: count }, (_, i) => i);
  const y = rows.map((row) => row % 2);
  const trained = await texts.train(rows, y, { classes: 2, seed: 1 });
  const others = Int32Array.from({ length: 8 }, (_, i) => TEXTS.length - 8 + i);
  const right = (await trained.probabilities(others)).filter((row, i) => argmax(row) === others[i]! % 2);
  return { accuracy: right.length / 8, converged: trained.converged };
}

test("a small model learns the labels of texts that it can tell apart, and is not trained twice", async () => {
  const options = { epochs: 6, learningRate: 1e-2 };
  const first = tuning(options);
  const { accuracy } = await accuracyOf(first.trainer, 16);
  expect(first.epochs()).toBeGreaterThan(0);
  expect(first.tuned[0]!.after).toBeLessThan(0.5 * first.tuned[0]!.before);
  expect(accuracy).toBeGreaterThan(0.8);

  const files = readdirSync(folder);
  const again = tuning(options);
  expect(await accuracyOf(again.trainer, 16)).toEqual({ accuracy, converged: true });
  expect(again.epochs()).toBe(0);
  expect(again.tuned).toEqual(first.tuned);
  expect(readdirSync(folder)).toEqual(files);

  // A model that somebody removed is made again.
  rmSync(first.tuned[0]!.path);
  const third = tuning(options);
  expect((await accuracyOf(third.trainer, 16)).accuracy).toBe(accuracy);
  expect(third.epochs()).toBe(first.epochs());
}, 120_000);

test("where training does not help, the model that it began with is asked", async () => {
  const { trainer, tuned, epochs } = tuning({ epochs: 1, learningRate: 50 });
  const { converged } = await accuracyOf(trainer, 6);
  expect(converged).toBe(false);
  expect(epochs()).toBe(1);
  expect(tuned[0]).toMatchObject({ helped: false, path: model.path });
  expect(tuned[0]!.after).toBe(tuned[0]!.before);
}, 120_000);
