/** The real Python runner with a tiny random encoder that is made here; nothing is downloaded. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { macroF1 } from "../../src/classify/metrics.js";
import { findTrainerPython, INSTALL_COMMAND } from "../../src/classify/transformers/trainer-environment.js";
import {
  type EpochProgress,
  type TransformersTrainerOptions,
  transformersTrainer,
} from "../../src/classify/transformers/transformers-trainer.js";
import { assess, generateTexts } from "../../src/study/run-study.js";
import { Study } from "../../src/study/study.js";
import { createTestRun } from "../../src/study/test-run.js";

// Threads only wait for each other on so small a model.
process.env.OMP_NUM_THREADS = "1";

const { ready, python } = await findTrainerPython();
const isRequired = (process.env.TILLER_REQUIRE_SERVICES ?? "").split(/[\s,]+/).includes("transformers");

if (isRequired && !ready) {
  test("transformers", () => {
    throw new Error(
      `TILLER_REQUIRE_SERVICES asks for transformers: ${INSTALL_COMMAND}, or set TILLER_PYTHON`,
    );
  });
}

const GOOD = ["warm", "kind", "bright", "nice"];
const BAD = ["cold", "cruel", "dull", "sour"];
const REST = "the day room soup song walk was is seemed and so very for all".split(" ");

const MAKE_MODELS = `
import sys, torch, transformers as t
folder, vocabulary = sys.argv[1], int(sys.argv[2])
shape = dict(vocab_size=vocabulary, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
             intermediate_size=64, max_position_embeddings=24, pad_token_id=0)
torch.manual_seed(0)
made = {
    "bert": t.BertForMaskedLM(t.BertConfig(**shape)),
    "infinite": t.BertForMaskedLM(t.BertConfig(**shape)),
    "xlm-roberta": t.XLMRobertaForMaskedLM(t.XLMRobertaConfig(**shape)),
    "gpt2": t.GPT2LMHeadModel(t.GPT2Config(vocab_size=vocabulary, n_embd=32, n_layer=1, n_head=2)),
}
made["infinite"].bert.embeddings.word_embeddings.weight.data.fill_(float("inf"))
for name, model in made.items():
    model.save_pretrained(f"{folder}/{name}")
    t.BertTokenizerFast(f"{folder}/vocab.txt").save_pretrained(f"{folder}/{name}")
`;

/** Texts of two classes that one word tells apart. */
const TEXTS = Array.from({ length: 96 }, (_, i) => {
  const word = (i % 2 === 1 ? GOOD : BAD)[(i >> 1) % 4]!;
  return `the ${REST[1 + (i % 5)]} ${REST[6 + (i % 3)]} ${word} ${REST[9 + (i % 4)]}`;
});
const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);
const [TRAIN, VALIDATION, TEST] = [range(0, 64), range(64, 80), range(80, 96)];
const classesOf = (rows: Int32Array) => rows.map((row) => row % 2);
const y = classesOf(TRAIN);

describe.skipIf(!ready)("transformers (skipped without the Python packages)", { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tiller-transformers-"));
  afterEach(() => void vi.unstubAllEnvs());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const model = join(folder, "bert");
  const open = (options: TransformersTrainerOptions) =>
    transformersTrainer({ python, model, learningRate: 2e-3, batchSize: 8, epochs: 16, ...options });

  beforeAll(() => {
    // Letters too, so that any English text can be read.
    const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,!?'"].flatMap((letter) => [
      letter,
      `##${letter}`,
    ]);
    const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...GOOD, ...BAD, ...REST, ...letters];
    writeFileSync(join(folder, "vocab.txt"), words.join("\n"));
    const made = spawnSync(python!, ["-c", MAKE_MODELS, folder, String(words.length)], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
  });

  test("learns, repeats itself, depends on the seed, and restores the best epoch", async () => {
    const epochs: EpochProgress[] = [];
    const validation = {
      rows: [...VALIDATION].map((row) => ({
        text: TEXTS[row]!,
        label: row % 2 === 1 ? "good" : "bad",
        language: "en",
      })),
      labels: ["bad", "good"],
    };
    await using trainer = open({ patience: 4, validation, onEpoch: (epoch) => epochs.push(epoch) });
    const prepared = await trainer.prepare(TEXTS);
    const scoreOf = (rows: Int32Array, probabilities: readonly Float64Array[]) =>
      macroF1(
        [...classesOf(rows)].map(String),
        probabilities.map(([bad, good]) => String(Number(good! > bad!))),
      );
    const train = (seed: number) => prepared.train(TRAIN, y, { classes: 2, seed });

    const first = await train(1);
    const probabilities = await first.probabilities(TEST);
    expect(scoreOf(TEST, probabilities)).toBeGreaterThanOrEqual(0.9);
    expect(first.converged).toBe(true);
    for (const row of probabilities) expect(row[0]! + row[1]!).toBeCloseTo(1, 12);

    const last = epochs.at(-1)!;
    expect(epochs.map(({ epoch }) => epoch)).toEqual(epochs.map((_, i) => i + 1));
    const scores = epochs.map(({ validationMacroF1 }) => validationMacroF1!);
    expect(last.bestEpoch).toBe(scores.indexOf(Math.max(...scores)) + 1);
    expect(last.epoch === 16 || last.epoch - last.bestEpoch === 4).toBe(true);
    expect(scoreOf(VALIDATION, await first.probabilities(VALIDATION))).toBeCloseTo(Math.max(...scores), 12);

    // The best epoch's weights, and no later ones: a run that ends there has the same.
    await using shorter = open({ epochs: last.bestEpoch });
    const there = await (await shorter.prepare(TEXTS)).train(TRAIN, y, { classes: 2, seed: 1 });
    expect(await there.probabilities(TEST)).toEqual(probabilities);

    const second = await train(2);
    expect(await second.probabilities(TEST)).not.toEqual(probabilities);
    expect(await (await train(1)).probabilities(TEST)).toEqual(probabilities);
  });

  test("works with one text a class, with long, empty and foreign ones, and with XLM-R's positions", async () => {
    const notes: string[] = [];
    await using trainer = open({
      model: join(folder, "xlm-roberta"),
      epochs: 1,
      onNote: (note) => notes.push(note),
    });
    const texts = [TEXTS[0]!, TEXTS[1]!, "warm ".repeat(100), "", "ሰላም", ...TEXTS];
    const prepared = await trainer.prepare(texts);
    const trained = await prepared.train(Int32Array.of(0, 1, 2), Int32Array.of(0, 1, 2), {
      classes: 3,
      seed: 1,
    });
    const probabilities = await trained.probabilities(range(0, 5));
    expect(probabilities.map((row) => row.length)).toEqual([3, 3, 3, 3, 3]);
    // Its 24 positions begin behind that of the padding.
    expect(notes).toContain(`${join(folder, "xlm-roberta")} reads at most 23 tokens of a text.`);
    expect(notes).toContain(`1 of ${texts.length} texts are longer than 23 tokens and are cut off.`);
  });

  test("judges the data sets of a study, with early stopping on human texts", async () => {
    const texts = [...TEXTS.entries()].map(([i, text]) => ({
      text: `${text} ${i}`,
      label: i % 2 === 1 ? "positive" : "negative",
    }));
    const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join("\n");
    const run = await createTestRun({
      decoding: { maxTokens: 10 },
      steering: { method: "mean-difference", layers: [1], strengths: [0.1, 0.3] },
      samples: { perLabel: 24, pilotPerLabel: 4, attempts: 2 },
      scoring: { texts: 8, tokenBudget: 50, authenticity: false },
      study: { search: "grid", best: 2 },
      classifier: {
        test: "human-test.jsonl",
        train: "human-train.jsonl",
        validation: "human-validation.jsonl",
        kind: "transformers",
        model,
        learningRate: 2e-3,
        batchSize: 4,
        epochs: 16,
        patience: 6,
        seeds: 2,
      },
    });
    writeFileSync(join(run.folder, "human-train.jsonl"), lines(texts.slice(0, 64)));
    writeFileSync(join(run.folder, "human-validation.jsonl"), lines(texts.slice(64, 80)));
    writeFileSync(join(run.folder, "human-test.jsonl"), lines(texts.slice(80)));
    vi.stubEnv("TILLER_PYTHON", python);
    await using study = await Study.open(run.recipe, { output: run.output });
    await generateTexts(study);
    const report = await assess(study, { scores: true, classifiers: true });
    expect(report.trainer, report.notes.join("\n")).toContain("transformers");
    expect(report.arms.map(({ classifier }) => classifier?.values.length)).toEqual([2, 2, 2]);
    expect(report.study!.rows.every(({ downstream }) => downstream !== undefined)).toBe(true);
    const human = report.references!.find(({ name }) => name === "human")!;
    // What tells human texts apart is one word; a random model's texts teach nothing.
    expect(human.classifier.mean).toBeGreaterThan(
      Math.max(...report.arms.map((arm) => arm.classifier!.mean)),
    );
  });

  test("says what is wrong", async () => {
    const problem = async (options: TransformersTrainerOptions, texts = TEXTS) => {
      await using trainer = open({ epochs: 2, ...options });
      const prepared = await trainer.prepare(texts);
      await prepared.train(TRAIN, y, { classes: 2, seed: 1 });
    };
    const broken = join(folder, "broken");
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, "config.json"), '{"model_type": "bert"}');
    await expect(problem({ model: join(folder, "gpt2") })).rejects.toThrow(
      /no sequence encoder: its kind is "gpt2"/,
    );
    await expect(problem({ model: broken })).rejects.toThrow(/tokenizer .* cannot be used/);
    await expect(problem({ model: join(folder, "infinite") })).rejects.toThrow(
      /in epoch 1: the loss is no longer a number/,
    );
    await expect(
      problem(
        {},
        TEXTS.map(() => "ሰላም ለዓለም"),
      ),
    ).rejects.toThrow(/cannot read these texts: 100 %/);
  });
});
