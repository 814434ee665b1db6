import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EngineError, InterruptedError, ModelError, RecipeError } from "../errors.js";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { LlamaEncoder, type LlamaEncoderOptions } from "./llama-encoder.js";
import { FIXTURE, type TinyEncoderOptions, writeTinyEncoder } from "./test-encoder-models.js";

const folder = mkdtempSync(join(tmpdir(), "tiller-encoder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHA256 = "ab".repeat(32);
const { texts } = FIXTURE;

const many = Array.from({ length: 20_000 }, (_, i) => texts[i % texts.length]!);

let files = 0;
function tiny(options: TinyEncoderOptions): string {
  files += 1;
  const path = join(folder, `${options.model}-${files}.gguf`);
  writeTinyEncoder(path, options);
  return path;
}

function open(path: string, options: Partial<LlamaEncoderOptions> = {}): Promise<LlamaEncoder> {
  return LlamaEncoder.open({ path, sha256: SHA256, threads: 2, ...options });
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

const vectorOf = async (encoder: LlamaEncoder, text: string) => (await encoder.encode([text]))[0]!;
const norm = (row: ArrayLike<number>) => Math.hypot(...Array.from(row));

const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.unreachable("It should have failed."),
    (error) => error as Error,
  );

/** Encoder processes that this process has started and that still run. */
function children(): string[] {
  const lines = execFileSync("ps", ["-A", "-o", "ppid=,pid=,args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.trim().startsWith(`${process.pid} `) && /encoder-child\.js/.test(line));
}

for (const model of ["bert", "xlm-r", "qwen3"] as const) {
  const expected = FIXTURE.models[model];
  for (const [pooling, code] of [
    ["mean", 1],
    ["cls", 2],
    ["last", 3],
  ] as const) {
    test(`${model} with ${pooling} pooling gives the vectors of a forward pass in NumPy`, async () => {
      await using encoder = await open(tiny({ model, pooling: code }));
      expect(encoder.model).toMatchObject({ pooling, context: 24 });
      expect(encoder.width).toBe(32);
      const found = await encoder.encode(texts);
      for (const [i, row] of found.entries()) {
        // llama.cpp takes the vowel signs of Indic scripts for accents and drops them; BERT's own tokeniser does not.
        if (model === "bert" && /\p{Mc}/u.test(texts[i]!)) continue;
        expect(largestDifference(row, expected.vectors[pooling][i]!), texts[i]).toBeLessThan(1e-4);
        expect(norm(row)).toBeCloseTo(1, 6);
      }
      expect(encoder.truncated.size).toBe(expected.truncated);
    });
  }
}

for (const model of ["bert", "xlm-r", "qwen3", "nomic-bert", "modern-bert", "t5encoder"] as const) {
  test(`${model}: a text's vector does not depend on its neighbours`, async () => {
    await using encoder = await open(tiny({ model, ...(model === "qwen3" ? { pooling: 3 } : {}) }));
    const [first, ...others] = await encoder.encode([texts[0]!, ...texts]);
    expect(others[0]).toEqual(first);
    const reversed = await encoder.encode([...texts].reverse());
    expect(reversed.reverse()).toEqual(others);
    expect(await vectorOf(encoder, texts[3]!)).toEqual(others[3]);
    expect(largestDifference(others[0]!, others[3]!)).toBeGreaterThan(0.01);
  });
}

test("a vector depends neither on the number of threads nor on what was encoded before", async () => {
  const path = tiny({ model: "bert", context: 600 });
  const job = [...texts, "the food was good ".repeat(140), ...texts];
  await using two = await open(path);
  const first = await two.encode(job);
  await two.encode(["the hotel was bad ".repeat(149)]);
  expect(await two.encode(job)).toEqual(first);
  await using one = await open(path, { threads: 1 });
  expect(await one.encode(job)).toEqual(first);
});

test("a text longer than the first context is read whole, and what the model cannot read is counted", async () => {
  await using encoder = await open(tiny({ model: "bert", context: 700 }));
  const long = "the food was good and ".repeat(130);
  const whole = await vectorOf(encoder, long);
  expect(encoder.truncated.size).toBe(0);
  const beyond = await vectorOf(encoder, `${long} ${long}`);
  expect(encoder.truncated.size).toBe(1);
  expect(largestDifference(whole, beyond)).toBeGreaterThan(1e-5);
  // 698 tokens between the marks, 5 of them in each repetition.
  const cut = await vectorOf(encoder, `${"the food was good and ".repeat(139)}the food was`);
  expect(largestDifference(cut, beyond)).toBeLessThan(1e-6);
  await using short = await open(tiny({ model: "bert", context: 700 }), { context: 8 });
  expect(short.model.context).toBe(8);
  expect(short.name).toMatch(/, context 8$/);
  const few = await vectorOf(short, "the food was good and");
  expect(largestDifference(await vectorOf(short, long), few)).toBeGreaterThan(1e-5);
  expect(short.truncated.size).toBe(1);
});

test("texts in which there is nothing to encode have a vector of zeros", async () => {
  await using encoder = await open(tiny({ model: "bert" }));
  const vectors = await encoder.encode(["", " \n\t", "\u0000", "bad", "\u{1f355}\u{1f600}"]);
  expect(vectors.slice(0, 3).map(norm)).toEqual([0, 0, 0]);
  for (const vector of vectors.slice(3)) expect(norm(vector)).toBeCloseTo(1, 6);
  expect(await encoder.encode([])).toEqual([]);
});

test("a megabyte of text, broken Unicode and control tokens are texts like others", async () => {
  await using encoder = await open(tiny({ model: "xlm-r" }));
  const [million, word, broken, marks, plain] = await encoder.encode([
    "the food ".repeat(116_509),
    "x".repeat(1 << 20),
    "bad \ud800 bad",
    "</s> bad",
    "bad",
  ]);
  for (const row of [million, word, broken, marks]) expect(norm(row!)).toBeCloseTo(1, 6);
  expect(largestDifference(marks!, plain!)).toBeGreaterThan(1e-3);
  expect(encoder.truncated.size).toBe(1);
});

test("a prefix stands before every text and in the name", async () => {
  const path = tiny({ model: "bert" });
  await using plain = await open(path);
  await using prefixed = await open(path, { prefix: "the: ", pooling: "mean" });
  expect(await prefixed.encode(["food", ""])).toEqual([
    await vectorOf(plain, "the: food"),
    new Float32Array(32),
  ]);
  expect(plain.name).toBe(`${path.slice(folder.length + 1)} (sha256 ${SHA256})`);
  expect(prefixed.name).toBe(`${plain.name}, pooling mean, prefix "the: "`);
});

test("the pooling is the model's own, or the mean of an encoder that names none", async () => {
  await using own = await open(tiny({ model: "bert", pooling: 2 }));
  expect(own.model).toEqual({ architecture: "bert", pooling: "cls", context: 24 });
  await using none = await open(tiny({ model: "bert" }));
  expect(none.model.pooling).toBe("mean");
  await using zero = await open(tiny({ model: "bert", pooling: 0 }));
  expect(zero.model.pooling).toBe("mean");
  await using asked = await open(tiny({ model: "bert", pooling: 2 }), { pooling: "last" });
  expect(asked.model.pooling).toBe("last");
  expect(largestDifference(await vectorOf(asked, "bad"), FIXTURE.models.bert.vectors.last[3]!)).toBeLessThan(
    1e-4,
  );
});

test("models that are no sentence encoders are refused, and one that writes can be forced", async () => {
  const writes = await failure(open(tiny({ model: "qwen3" })));
  expect(writes).toBeInstanceOf(ModelError);
  expect(writes.message).toMatch(/writes texts \(qwen3, without qwen3\.pooling_type\).*residuals.*pooling/);
  const ranks = await failure(open(tiny({ model: "bert", pooling: 4 })));
  expect(ranks).toBeInstanceOf(ModelError);
  expect(ranks.message).toMatch(/reranker/);
  const path = join(folder, "llama.gguf");
  writeTinyModel(path);
  await using forced = await open(path, { pooling: "mean" });
  expect(norm(await vectorOf(forced, "the food was good"))).toBeCloseTo(1, 6);
  const mamba = join(folder, "mamba.gguf");
  writeTinyModel(mamba, { architecture: "mamba" });
  await using recurrent = await open(mamba, { pooling: "last" });
  const [a, b] = await recurrent.encode(["the food was good", "the food was good"]);
  expect(a).toEqual(b);
});

test("damaged and missing files, and senseless options, are refused with the reason", async () => {
  const before = children();
  const cut = tiny({ model: "bert" });
  truncateSync(cut, 20_000);
  expect((await failure(open(cut))).message).toMatch(/is cut short/);
  const other = join(folder, "page.gguf");
  writeFileSync(other, "<!doctype html><title>Sign in</title>");
  expect((await failure(open(other))).message).toMatch(/not a GGUF file; it is a web page/);
  expect(await failure(open(join(folder, "none.gguf")))).toBeInstanceOf(ModelError);
  expect(await failure(open(tiny({ model: "bert" }), { context: 0 }))).toBeInstanceOf(RecipeError);
  expect((await failure(open(tiny({ model: "bert" }), { context: 2 }))).message).toMatch(/own marks take 2/);
  const nan = tiny({ model: "bert" });
  const bytes = readFileSync(nan);
  bytes.fill(0xff, bytes.length - 512);
  writeFileSync(nan, bytes);
  const damaged = await failure(open(nan));
  expect(damaged).toBeInstanceOf(ModelError);
  expect(damaged.message).toMatch(/not a number/);
  expect(children()).toEqual(before);
});

test("an abort ends the call at once, and the encoder goes on", async () => {
  await using encoder = await open(tiny({ model: "bert" }));
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = failure(encoder.encode(many, { signal }));
  setImmediate(() => controller.abort());
  expect(await aborted).toBeInstanceOf(InterruptedError);
  expect(await failure(encoder.encode(texts, { signal }))).toBeInstanceOf(InterruptedError);
  expect(norm(await vectorOf(encoder, "bad"))).toBeCloseTo(1, 6);
});

test("calls at once do not disturb each other", async () => {
  await using encoder = await open(tiny({ model: "bert" }));
  const alone = await encoder.encode(texts);
  const [a, b, c] = await Promise.all([
    encoder.encode(texts),
    encoder.encode([...texts].reverse()),
    encoder.encode(texts),
  ]);
  expect(a).toEqual(alone);
  expect(c).toEqual(alone);
  expect(b).toEqual([...alone].reverse());
});

test.skipIf(process.platform === "win32")(
  "a killed process fails what is under way and is started again",
  async () => {
    const before = children();
    const encoder = await open(tiny({ model: "bert" }));
    const killed = failure(encoder.encode(many));
    process.kill(encoder.pid!, "SIGKILL");
    const error = await killed;
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ crashed: true, message: expect.stringMatching(/ended by signal SIGKILL/) });
    expect(norm(await vectorOf(encoder, "bad"))).toBeCloseTo(1, 6);
    expect(children()).toHaveLength(before.length + 1);
    await encoder.close();
    expect(children()).toEqual(before);
    expect((await failure(encoder.encode(["bad"]))).message).toBe("The encoder is closed.");
  },
);
