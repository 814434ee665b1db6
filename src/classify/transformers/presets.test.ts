import { expect, test } from "vitest";
import { batchSizeFor, TRAINER_PRESETS } from "./presets.js";
import { trainerSettings } from "./transformers-trainer.js";

test("presets are what the papers' code says", () => {
  expect(TRAINER_PRESETS["paper-a"]).toMatchObject({
    model: "FacebookAI/xlm-roberta-base",
    learningRate: 0.00002,
    batchSize: 16,
    epochs: 50,
    patience: 10,
    dropout: 0.2,
    maxLength: 512,
    seeds: 20,
    metric: "macro-f1",
    needsValidation: true,
  });
  expect(TRAINER_PRESETS["paper-c"]).toMatchObject({
    model: "FacebookAI/xlm-roberta-large",
    learningRate: 0.00001,
    epochs: 50,
    patience: undefined,
    dropout: 0.2,
    maxLength: 256,
    seeds: 20,
    draws: "class-balanced subsets",
    needsValidation: false,
  });
  expect(TRAINER_PRESETS["paper-d"].metric).toBe("auroc");
  expect(TRAINER_PRESETS["paper-d"].notes.join()).toContain("not known");
});

test("paper C's batches grow with the training set", () => {
  const { batchSize } = TRAINER_PRESETS["paper-c"];
  const sizes = [10, 20, 21, 40, 100, 101, 150, 250, 251, 600, 601, 2000];
  expect(sizes.map((texts) => batchSizeFor(batchSize, texts))).toEqual([
    4, 4, 6, 6, 8, 12, 12, 16, 32, 32, 64, 64,
  ]);
  expect(batchSizeFor(16, 1)).toBe(16);
  expect(() => batchSizeFor([{ upTo: 5, batchSize: 2 }], 6)).toThrow(RangeError);
});

test("given settings stand in the preset's place, and are checked", () => {
  expect(trainerSettings({ preset: "paper-c", epochs: 3, model: "a/b" })).toMatchObject({
    model: "a/b",
    epochs: 3,
    learningRate: 1e-5,
    patience: undefined,
  });
  for (const wrong of [
    { learningRate: 0 },
    { learningRate: Number.NaN },
    { epochs: 0 },
    { patience: 1.5 },
    { batchSize: 0 },
    { dropout: 1 },
    { maxLength: 2 },
  ]) {
    expect(() => trainerSettings(wrong)).toThrow(/must be/);
  }
});
