import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { EngineError, InterruptedError, ModelError, RecipeError } from "../errors.js";
import { OnnxEncoder } from "./onnx-encoder.js";
import { onnxFingerprint } from "./onnx-files.js";

const PACKAGE: string = "@huggingface/transformers";
const home = mkdtempSync(join(tmpdir(), "tiller-onnx-"));
const folder = join(home, "minilm");
mkdirSync(join(folder, "onnx"), { recursive: true });
writeFileSync(join(folder, "onnx", "model_quantized.onnx"), "weights");
afterAll(() => rmSync(home, { recursive: true, force: true }));

const unit = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));

/** A stand-in for the package: the vector of a text turns with its length, and its tokens are its words. */
function fake(seen: unknown[] = [], fail?: (text: string) => Error | undefined) {
  const env = { cacheDir: "/cache", allowRemoteModels: true };
  const extractor = Object.assign(
    async (text: string) => {
      const error = fail?.(text);
      if (error) throw error;
      return { dims: [1, 2], data: unit(text.length) };
    },
    {
      tokenizer: Object.assign((text: string) => ({ input_ids: { dims: [1, text.split(" ").length] } }), {
        model_max_length: 9,
      }),
      model: { config: { max_position_embeddings: 5 } },
      dispose: async () => {},
    },
  );
  const pipeline = async (_task: string, model: string, options: object) => {
    seen.push({ model, ...options, ...env });
    await setImmediate();
    return extractor;
  };
  return { env, load: async () => ({ env, pipeline }) };
}

test("a folder is opened without the network, and the package's settings are put back", async () => {
  const seen: unknown[] = [];
  const { env, load } = fake(seen);
  await using encoder = await OnnxEncoder.open({ model: folder, precision: "q8", home, load });
  expect(seen).toEqual([
    {
      model: folder,
      dtype: "q8",
      device: "cpu",
      revision: "main",
      local_files_only: true,
      cacheDir: join(home, "onnx"),
      allowRemoteModels: false,
    },
  ]);
  expect(env).toEqual({ cacheDir: "/cache", allowRemoteModels: true });
  expect(encoder.name).toMatch(/^minilm \(ONNX, q8, sha256 [0-9a-f]{64}\)$/);
  expect(encoder).toMatchObject({ width: 2, context: 5 });
});

test("a folder's most exact weights are read where no precision is asked for", async () => {
  const { load } = fake();
  await using encoder = await OnnxEncoder.open({ model: folder, home, load });
  expect(encoder.name).toMatch(/^minilm \(ONNX, q8, /);
});

test("a model is told by the content of its files, not by where they lie", async () => {
  const write = (name: string, weights: string): string => {
    const model = join(home, name);
    mkdirSync(join(model, "onnx"), { recursive: true });
    for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
      writeFileSync(join(model, file), file);
    }
    writeFileSync(join(model, "onnx", "model.onnx"), weights);
    return model;
  };
  const of = (model: string) => onnxFingerprint({ model, home });
  const one = write("one", "weights");
  const found = await of(one);
  expect(found).toMatch(/^[0-9a-f]{64}$/);
  expect(await of(write("copy", "weights"))).toBe(found);
  expect(await of(write("other", "others"))).not.toBe(found);
  rmSync(join(one, "tokenizer.json"));
  expect(await of(one)).toBeUndefined();
  expect(await of("owner/not-fetched")).toBeUndefined();
});

test("an id of the Hub keeps its revision, and is fetched only when that is allowed", async () => {
  const seen: unknown[] = [];
  const { env, load } = fake(seen);
  const model = "Xenova/all-MiniLM-L6-v2";
  const [encoder, other] = await Promise.all([
    OnnxEncoder.open({ model: `${model}@refs/pr/1`, offline: true, home, prefix: "query: ", load }),
    OnnxEncoder.open({ model, offline: false, home, load }),
  ]);
  expect(seen).toMatchObject([
    { model, revision: "refs/pr/1", dtype: "fp32", local_files_only: true, allowRemoteModels: false },
    { model, revision: "main", dtype: "fp32", local_files_only: false, allowRemoteModels: true },
  ]);
  expect(env).toEqual({ cacheDir: "/cache", allowRemoteModels: true });
  expect(encoder.name).toBe(`${model}@refs/pr/1 (ONNX, fp32), prefix "query: "`);
  expect(other.name).toBe(`${model} (ONNX, fp32)`);
});

test("vectors are the texts', in their order, zeros where there is none; long texts are counted", async () => {
  const { load } = fake();
  await using encoder = await OnnxEncoder.open({ model: folder, prefix: "a ", home, load });
  const vectors = await encoder.encode(["bc", " ", "d e f g h"]);
  expect(vectors).toEqual([4, 0, 11].map((n) => (n === 0 ? new Float32Array(2) : unit(n))));
  expect([...encoder.truncated]).toEqual(["d e f g h"]);
});

test("an abort, and a failure of the model, are told", async () => {
  const controller = new AbortController();
  const { load } = fake([], (text) => {
    if (text === "stop") controller.abort();
    return text === "bad" ? new Error("no such node") : undefined;
  });
  await using encoder = await OnnxEncoder.open({ model: folder, home, load });
  const aborted = encoder.encode(["stop", "b"], { signal: controller.signal });
  await expect(aborted).rejects.toThrow(InterruptedError);
  await expect(encoder.encode(["a", "bad"])).rejects.toThrow(/failed on text 1: no such node/);
  expect(await encoder.encode(["a"])).toEqual([unit(1)]);
});

test("what cannot be opened is refused with what to do", async () => {
  const { load } = fake();
  const open = (options: Partial<Parameters<typeof OnnxEncoder.open>[0]>) =>
    OnnxEncoder.open({ model: folder, home, load, ...options });
  await expect(open({ model: "./nowhere" })).rejects.toThrow(RecipeError);
  await expect(open({ precision: "q2" as never })).rejects.toThrow(/one of fp32, fp16, q8/);
  const missing = Object.assign(
    new Error("Cannot find package '@huggingface/transformers' imported from x"),
    {
      code: "ERR_MODULE_NOT_FOUND",
    },
  );
  const absent = open({ load: () => Promise.reject(missing) });
  await expect(absent).rejects.toThrow(EngineError);
  await expect(absent).rejects.toThrow(
    "which is not installed. Run: npm install @huggingface/transformers@4",
  );
  await expect(open({ load: () => Promise.reject(new Error("sharp has no binary")) })).rejects.toThrow(
    /cannot be loaded: sharp has no binary/,
  );
  const refuses = { env: {}, pipeline: () => Promise.reject(new Error("Could not locate file.")) };
  const refused = open({ precision: "fp32", load: async () => refuses });
  await expect(refused).rejects.toThrow(ModelError);
  await expect(refused).rejects.toThrow(/precision fp32: Could not locate file\..*onnx\/model\.onnx in /);
});

const installed = await import(/* @vite-ignore */ PACKAGE).then(
  () => true,
  () => false,
);

test.skipIf(!installed)("a model is run by @huggingface/transformers, where that is installed", async () => {
  const model = fileURLToPath(new URL("fixtures/tiny-onnx", import.meta.url));
  await using encoder = await OnnxEncoder.open({ model, home });
  expect(encoder).toMatchObject({ width: 4, context: 8 });
  const texts = ["The food was badly.", "", "\u{1f355}", "good ".repeat(20_000)];
  const vectors = await encoder.encode(texts);
  // Token i's vector is 4i … 4i + 3, modulo 7, less 3; [CLS] is 2 and [SEP] is 3.
  // The package cuts a long text's [SEP] off.
  const expected = [[2, 4, 5, 6, 8, 9, 10, 3], undefined, [2, 1, 3], [2, 7, 7, 7, 7, 7, 7, 7]];
  for (const [row, tokens] of expected.entries()) {
    const sum = [0, 1, 2, 3].map((i) =>
      (tokens ?? []).reduce((total, t) => total + ((4 * t + i) % 7) - 3, 0),
    );
    const norm = Math.hypot(...sum) || 1;
    for (const [i, value] of vectors[row]!.entries()) expect(value).toBeCloseTo(sum[i]! / norm, 5);
  }
  expect(encoder.truncated.size).toBe(1);
});
