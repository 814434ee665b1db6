import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlamaEngine } from "../engine/llama/llama-engine.js";
import { openTiny } from "../engine/llama/test-engine.js";
import { AnswerCache } from "../store/answer-cache.js";
import { calibrated } from "./content-free.js";
import { labelQuestion, promptInForm } from "./label-question.js";
import { type LlmClassifierOptions, llmClassifier } from "./llm-classifier.js";

const TEXTS = ["The food was cold.", "A warm day by the river.", "Good book."];
const CONTEXT = 512;

let engine: LlamaEngine;
let folder: string;
beforeAll(async () => {
  engine = await openTiny({ layers: 2 }, { context: CONTEXT });
  folder = await mkdtemp(join(tmpdir(), "tiller-labels-"));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const classifier = (options: Partial<LlmClassifierOptions> = {}) =>
  llmClassifier({
    engine: async () => engine,
    modelKey: "tiny",
    labels: ["negative", "positive"],
    task: "sentiment",
    context: CONTEXT,
    ...options,
  });

test("one reading tells what a reading of every label tells", async () => {
  const labels = ["negative", "positive"];
  const [row] = await classifier().probabilities(TEXTS);
  const prompt = labelQuestion({ text: TEXTS[0]!, labels, task: "sentiment" });
  const logs: number[] = [];
  const read = labels.map((label) => ({ prompt, answer: `The sentiment is ${label}` }));
  for await (const { text, values } of engine.logProbabilities(read)) logs[text] = values.at(-1)!;
  const [negative, positive] = logs.map(Math.exp);
  expect(row![1]).toBeCloseTo(positive! / (negative! + positive!), 4);
  // With a label that begins like another, each is read whole.
  const three = [...labels, "positive surprise"];
  const [whole] = await classifier({ labels: three }).probabilities(TEXTS);
  expect(whole!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
  expect(whole![2]).toBeGreaterThan(0);
  expect(whole![2]).toBeLessThan(whole![1]!);
});

test("examples change what is said, and those of one label alone will do", async () => {
  const [plain] = await classifier().probabilities(["Good book."]);
  const examples = [{ text: "A great film.\nReally.", label: "positive" }];
  const [shown] = await classifier().probabilities(["Good book."], { examples });
  expect(shown![0]).not.toBeCloseTo(plain![0]!, 6);
});

test("labels in other scripts, and one that is the beginning of another", async () => {
  const labels = ["ดี", "ดีมาก", "ਬੁਰਾ", "не очень"];
  const rows = await classifier({ labels, task: "อารมณ์" }).probabilities(["ยอดเยี่ยม", ""]);
  for (const row of rows) {
    expect(row).toHaveLength(4);
    expect(row.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
  }
});

test("of a text that is longer than the context the beginning is read, and counted", async () => {
  const long = classifier({ context: 256 });
  const beginning = "The food was cold and the waiter was rude. ";
  const [one, other, short] = await long.probabilities([
    beginning.repeat(60),
    `${beginning.repeat(60)} But the end was good.`,
    "Good book.",
  ]);
  expect(long.shortened).toBe(2);
  expect([...one!]).toEqual([...other!]);
  expect([...one!]).not.toEqual([...short!]);
});

test("a context without room for a text is refused with what to do", async () => {
  const examples = Array.from({ length: 30 }, (_, i) => ({
    text: `It was ${i} times good.`,
    label: "positive",
  }));
  await expect(classifier({ context: 256 }).probabilities(["Good."], { examples })).rejects.toThrow(
    /with 30 examples, and the context has 256\. Raise arms\.context, or lower arms\.inContext\.perLabel/,
  );
});

test("a model without a chat template reads plain text", async () => {
  await using plain = await openTiny({ layers: 2, chatTemplate: null }, { context: CONTEXT });
  const [row] = await classifier({ engine: async () => plain }).probabilities(["Good book."]);
  expect(row!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
  const messages = [
    { role: "system", content: "Be short." },
    { role: "user", content: "Is it?" },
  ] as const;
  expect(promptInForm(messages, "plain")).toBe("Be short.\n\nIs it?\n");
  expect(promptInForm(messages, "chat-without-system")).toEqual([
    { role: "user", content: "Be short.\n\nIs it?" },
  ]);
});

test("what was read once is not read again, and calibration reads three texts more", async () => {
  const path = join(folder, "labels.jsonl");
  let opened = 0;
  const open = async () => {
    opened++;
    return engine;
  };
  const cache = await AnswerCache.open(path);
  const [first] = await classifier({ engine: open, cache }).probabilities(TEXTS);
  await cache.close();
  expect(opened).toBe(1);

  await using again = await AnswerCache.open(path);
  const known = classifier({ engine: open, cache: again });
  expect([...(await known.probabilities(TEXTS))[0]!]).toEqual([...first!]);
  expect(opened).toBe(1);
  const rows = await classifier({ engine: open, cache: again, calibration: "content-free" }).probabilities(
    TEXTS,
  );
  expect(opened).toBe(2);
  const free = await classifier({ engine: open, cache: again }).probabilities(["N/A", "[MASK]", ""]);
  expect(opened).toBe(2);
  expect([...rows[0]!]).toEqual([...calibrated([first!], free)[0]!]);
  await classifier({ engine: open, cache: again, modelKey: "another" }).probabilities(["Good book."]);
  expect(opened).toBe(3);
});
