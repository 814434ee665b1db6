import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EngineError, InterruptedError, ModelError } from "../errors.js";
import { openOnnxTranslator } from "./onnx-translator.js";

const folder = mkdtempSync(join(tmpdir(), "tiller-onnx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stand-in for the package: its translations say what was asked. */
function fake(fail?: (model: string) => Error | undefined) {
  const env = { cacheDir: "/cache", allowRemoteModels: true };
  const opened: unknown[] = [];
  const disposed: string[] = [];
  const pipeline = async (task: string, model: string, options: object) => {
    opened.push({ task, model, ...options, ...env });
    const error = fail?.(model);
    if (error) throw error;
    return Object.assign(
      async (text: string, asked: object) => [{ translation_text: `${text} ${JSON.stringify(asked)}` }],
      { dispose: async () => void disposed.push(model) },
    );
  };
  return { env, opened, disposed, load: async () => ({ env, pipeline }) };
}

test("one model of many languages is asked with NLLB's codes", async () => {
  const { env, opened, disposed, load } = fake();
  {
    await using translator = await openOnnxTranslator({
      model: "o/nllb",
      home: "/home",
      offline: false,
      load,
    });
    expect(translator.name).toBe("o/nllb (ONNX, q8), at most 512 tokens");
    await translator.requirePair!("de", "zh");
    expect(await translator.translate(["a", "b"], "de", "zh")).toEqual([
      'a {"src_lang":"deu_Latn","tgt_lang":"zho_Hans","max_length":512}',
      'b {"src_lang":"deu_Latn","tgt_lang":"zho_Hans","max_length":512}',
    ]);
    await translator.translate(["a"], "zh", "de");
  }
  expect(opened).toEqual([
    {
      task: "translation",
      model: "o/nllb",
      dtype: "q8",
      device: "cpu",
      local_files_only: false,
      cacheDir: join("/home", "onnx"),
      allowRemoteModels: true,
    },
  ]);
  expect(env).toEqual({ cacheDir: "/cache", allowRemoteModels: true });
  expect(disposed).toEqual(["o/nllb"]);
});

test("OPUS-MT has a model for each pair, and is not told the languages", async () => {
  const { opened, load } = fake();
  await using translator = await openOnnxTranslator({ model: "o/opus-mt-{from}-{to}", offline: true, load });
  expect(await translator.translate(["a"], "en", "pt-BR")).toEqual(['a {"max_length":512}']);
  await translator.translate(["a"], "pt-BR", "en");
  expect(opened).toMatchObject([
    { model: "o/opus-mt-en-pt", local_files_only: true, allowRemoteModels: false },
    { model: "o/opus-mt-pt-en" },
  ]);
});

test("a folder is opened without the network", async () => {
  const { opened, load } = fake();
  await using translator = await openOnnxTranslator({
    model: folder,
    precision: "fp16",
    offline: false,
    load,
  });
  await translator.requirePair!("en", "es");
  expect(opened).toMatchObject([{ model: folder, dtype: "fp16", local_files_only: true }]);
  expect(translator.name).toContain(`${basename(folder)} (ONNX, fp16)`);
});

test("a missing package, a missing model, a failing one and an abort are plain errors", async () => {
  const gone = Object.assign(new Error("Cannot find package '@huggingface/transformers'"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  const missing = openOnnxTranslator({ model: "o/m", load: () => Promise.reject(gone) });
  await expect(missing).rejects.toThrow(EngineError);
  await expect(missing).rejects.toThrow("Run: npm install @huggingface/transformers@4");

  const { load, env } = fake(() => new Error("no such file"));
  await using unopened = await openOnnxTranslator({ model: "o/m", load });
  await expect(unopened.requirePair!("en", "es")).rejects.toThrow(ModelError);
  expect(env.allowRemoteModels).toBe(true);

  await using good = await openOnnxTranslator({ model: "o/m", load: fake().load });
  await expect(good.translate(["a"], "en", "es", AbortSignal.abort())).rejects.toThrow(InterruptedError);
});
