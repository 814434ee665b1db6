import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTiller, tiller } from "../cli/test-cli.js";
import type { ReadText } from "../engine/engine.js";
import type { Guidance } from "../engine/guidance.js";
import { LlamaEngine } from "../engine/llama/llama-engine.js";
import { inOrder, PLAIN, scored } from "../engine/llama/test-engine.js";
import { InterruptedError, ModelError, RecipeError, StoreError } from "../errors.js";
import { readGguf } from "../gguf/read.js";
import { type TinyModelOptions, writeTinyModel } from "../gguf/tiny-model.js";
import { contrastiveExpert } from "../guidance/presets.js";
import { canMount, smallDisk } from "../store/test-disk.js";
import { type FinetuneEvent, type FinetuneOptions, finetune } from "./finetune.js";
import { readTrainingTexts } from "./training-texts.js";

const EXAMPLE = fileURLToPath(new URL("../../examples/finetune/", import.meta.url));
const [TRAIN, HELD_OUT] = [join(EXAMPLE, "train.txt"), join(EXAMPLE, "held-out.txt")];
const SHA256 = "0".repeat(64);

let folder: string;
let base: string;
let outputs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-finetune-"));
  base = tiny("base");
});
afterAll(() => rmSync(folder, { recursive: true }));

function tiny(name: string, options: TinyModelOptions = {}): string {
  const path = join(folder, `${name}.gguf`);
  writeTinyModel(path, { layers: 2, width: 64, ...options });
  return path;
}

/** Options of a quick run with an output of its own. */
function quick(options: Partial<FinetuneOptions> = {}): FinetuneOptions {
  outputs += 1;
  return {
    model: { path: base, sha256: SHA256 },
    out: join(folder, `out-${outputs}.gguf`),
    texts: readTrainingTexts(TRAIN, true).slice(0, 40),
    heldOut: readTrainingTexts(HELD_OUT, true).slice(0, 10),
    context: 128,
    epochs: 2,
    learningRate: 3e-3,
    threads: 2,
    ...options,
  };
}

/** Mean of −ln p over the tokens of texts, and over the end of each, as the engine computes it. */
async function engineLoss(path: string, texts: readonly ReadText[], end: number): Promise<number> {
  await using engine = await LlamaEngine.open({ path, sha256: SHA256, context: 512, threads: 2 });
  const values = (await scored(engine.logProbabilities(texts))).map((one) => [...one]);
  for (const [i, text] of texts.entries()) values[i]!.push((await engine.nextToken(text))[end]!);
  const all = values.flat();
  return -all.reduce((sum, value) => sum + value, 0) / all.length;
}

/** The end token of tiny models. */
const END = 2;

test("200 sentences lower the loss of others, and the result is a model like the one before", async () => {
  const events: FinetuneEvent[] = [];
  const heldOut = readTrainingTexts(HELD_OUT, true);
  const options = quick({
    texts: readTrainingTexts(TRAIN, true),
    heldOut,
    context: 256,
    epochs: 3,
    onEvent: (event) => events.push(event),
  });
  expect(options.texts).toHaveLength(200);
  const report = await finetune(options);
  expect(report.best.epoch).toBe(3);
  expect(report.best.heldOutLoss).toBeLessThan(0.5 * report.before);
  expect(report.frozen).toEqual(["token_embd.weight", "blk.*.attn_k.weight", "blk.*.attn_v.weight"]);
  expect(events.filter(({ kind }) => kind === "epoch")).toHaveLength(3);
  const plan = events.find((event) => event.kind === "plan")!;
  expect(events.filter(({ kind }) => kind === "row")).toHaveLength(plan.rows);

  const [before, after] = [base, options.out].map((path) => readGguf(path, { arrays: "all" }));
  expect(after!.metadata).toEqual(before!.metadata);
  expect([...after!.tensors]).toEqual([...before!.tensors]);
  await using engine = await LlamaEngine.open({ path: options.out, sha256: SHA256, threads: 2 });
  expect(engine.model).toMatchObject({
    architecture: "llama",
    layers: 2,
    context: 2048,
    hasChatTemplate: true,
  });
});

test("what was tuned is an expert of the model that it was", async () => {
  const options = quick({ epochs: 1 });
  await finetune(options);
  const experts = [{ name: "tuned", kind: "model", path: options.out }] as const;
  await using engine = await LlamaEngine.open({ path: base, sha256: SHA256, threads: 2, experts });
  const write = async (guidance: Guidance) => {
    const [text] = await inOrder(
      engine.generate([{ prompt: "A note:", seed: 1, guidance }], { decoding: PLAIN }),
    );
    return text!.text;
  };
  const guided = await write(contrastiveExpert({ gamma: 0.5, expert: "tuned" }));
  expect(guided).not.toBe(await write({ streams: [{ weight: 1 }] }));
});

test("losses are those that the engine computes, of answers alone where there is a prompt", async () => {
  // A text that fills a row by itself, so that it sees nothing but itself; and answers to prompts.
  const long = readTrainingTexts(HELD_OUT, true).slice(0, 8).join(" ");
  const answer: ReadText = {
    prompt: [{ role: "user", content: "How was the night?" }],
    answer: " Cold, no wind.",
  };
  for (const heldOut of [[long], [answer]]) {
    const options = quick({ heldOut, context: 512 });
    const report = await finetune(options);
    expect(report.before).toBeCloseTo(await engineLoss(base, heldOut, END), 3);
    expect(report.best.heldOutLoss).toBeCloseTo(await engineLoss(options.out, heldOut, END), 3);
  }
});

test("a prompt is not learned", async () => {
  const prompt = "The gauge froze, the vane is bent, the hut is cold and the lamp is out.";
  const example = (asked: string): ReadText => ({ prompt: asked, answer: ` Noted ${asked.length}.` });
  const heldOut = [example("Go on.")];
  const learn = async (text: ReadText) => {
    const options = quick({
      texts: Array.from({ length: 10 }, () => text),
      heldOut,
      context: 64,
      patience: 9,
    });
    await finetune({ ...options, epochs: 4 }).catch(() => undefined);
    const out = existsSync(options.out) ? options.out : join(`${options.out}.tuning`, "epoch-4.gguf");
    return engineLoss(out, [prompt], END);
  };
  const before = await engineLoss(base, [prompt], END);
  expect(await learn(prompt)).toBeLessThan(before - 3);
  expect(await learn(example(prompt))).toBeGreaterThan(before - 1);
});

test("killed in the second epoch and started again, it ends with the same bytes", async () => {
  const args = (out: string) => {
    const files = ["--data", TRAIN, "--held-out", HELD_OUT, "--out", out];
    return [
      "finetune",
      `file:${base}`,
      ...files,
      "--epochs",
      "3",
      "--lr",
      "3e-3",
      "--context",
      "64",
      "--json",
    ];
  };
  const [whole, killed] = [join(folder, "whole.gguf"), join(folder, "killed.gguf")];
  const running = tiller([...args(whole), "--threads", "1"]);
  const { child, done } = startTiller(args(killed));
  child.stderr!.on("data", (text: string) => {
    if (text.includes("Epoch 1 of 3")) setTimeout(() => child.kill("SIGKILL"), 50);
  });
  expect((await done).signal).toBe("SIGKILL");
  expect(existsSync(killed)).toBe(false);
  const again = await tiller(args(killed));
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toMatch(/Going on after epoch 1 of 3/);
  expect((await running).code).toBe(0);
  expect(readFileSync(killed).equals(readFileSync(whole))).toBe(true);
  // All is done: the same command tells the result again, and nothing large is left.
  const told = await tiller(args(killed));
  expect(JSON.parse(told.stdout)).toEqual(JSON.parse(again.stdout));
  expect(readdirSync(`${killed}.tuning`)).toEqual(["state.json"]);
  const other = await tiller([...args(killed), "--seed", "2"]);
  expect([other.code, other.stderr]).toEqual([
    2,
    expect.stringMatching(/--seed was 1 and is now 2.*--restart/),
  ]);
});

test("Ctrl-C keeps what is done and says how to go on", async () => {
  const out = join(folder, "stopped.gguf");
  const files = ["--data", TRAIN, "--held-out", HELD_OUT, "--out", out];
  const { child, done } = startTiller([
    "finetune",
    `file:${base}`,
    ...files,
    "--lr",
    "3e-3",
    "--context",
    "64",
  ]);
  child.stderr!.on("data", (text: string) => text.includes("Epoch 1 of 3") && child.kill("SIGINT"));
  const { code, stderr } = await done;
  expect(code).toBe(130);
  expect(stderr).toMatch(/Stopped; 1 epoch is kept\. To go on:\n {2}tiller finetune file:/);
  expect(existsSync(join(`${out}.tuning`, "epoch-1.gguf"))).toBe(true);
});

test("Ctrl-C before it is known how much is done does not say that nothing is", async () => {
  const out = join(folder, "early.gguf");
  const files = ["--data", TRAIN, "--held-out", HELD_OUT, "--out", out];
  const { child, done } = startTiller(["finetune", `file:${halved()}`, ...files, "--convert"]);
  child.stderr!.on("data", (text: string) => text.includes("Making a copy") && child.kill("SIGINT"));
  const { code, stderr } = await done;
  expect([code, stderr]).toEqual([130, expect.stringMatching(/Stopped; what was done is kept\. To go on/)]);
});

test("what cannot be trained is refused, with the reason", async () => {
  const encoder = quick({ model: { path: tiny("bert", { architecture: "bert" }), sha256: SHA256 } });
  await expect(finetune(encoder)).rejects.toThrow(ModelError);
  const gated = quick({ model: { path: tiny("gemma3", { architecture: "gemma3" }), sha256: SHA256 } });
  await expect(finetune(gated)).rejects.toThrow(
    /cannot be fine-tuned.*no backward pass for GEGLU.*llama, qwen2/s,
  );
  await expect(finetune(quick({ memory: 100e6 }))).rejects.toThrow(
    /needs about \d+ MB of memory, and 100 MB are free/,
  );
  await expect(finetune(quick({ texts: [] }))).rejects.toThrow(RecipeError);
  await expect(finetune(quick({ context: 4096 }))).rejects.toThrow(/reads at most 2048 tokens/);
  const long: ReadText = { prompt: "wind ".repeat(200), answer: "Calm." };
  await expect(finetune(quick({ texts: [long], context: 64 }))).rejects.toThrow(
    /begins "Calm\."[\s\S]*--context/,
  );
  const existing = quick();
  writeFileSync(existing.out, "mine");
  await expect(finetune(existing)).rejects.toThrow(/exists already/);
  await expect(finetune(quick({ signal: AbortSignal.abort() }))).rejects.toThrow(InterruptedError);
});

test("a learning rate that is too high ends in a plain error", async () => {
  await expect(finetune(quick({ learningRate: 1e30 }))).rejects.toThrow(
    /no longer a number at step \d+ of \d+ of epoch 1: .*lower --lr/,
  );
  const useless = quick({ learningRate: 10, epochs: 3, patience: 1 });
  await expect(finetune(useless)).rejects.toThrow(/did not help.*No model is written/);
  expect(existsSync(useless.out)).toBe(false);
});

/** A copy of a model whose last tensor is stored in 16 bits. */
function halved(whole = base): string {
  const path = whole.replace(".gguf", "-halved.gguf");
  const bytes = readFileSync(whole);
  const tensors = [...readGguf(whole).tensors.values()];
  const last = tensors.reduce((far, tensor) => (tensor.offset > far.offset ? tensor : far));
  for (let i = 0; i < last.elements; i += 1) {
    // The upper half of an F32 is a BF16.
    bytes.writeUInt16LE(bytes.readUInt16LE(last.offset + 4 * i + 2), last.offset + 2 * i);
  }
  const name = Buffer.from(last.name);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(name.length);
  const described = bytes.indexOf(Buffer.concat([length, name])) + 8 + name.length;
  bytes.writeUInt32LE(30, described + 4 + 8 * last.shape.length);
  writeFileSync(path, bytes);
  return path;
}

test("weights that are not F32 are refused, or converted first", async () => {
  const options = quick({ model: { path: halved(), sha256: SHA256 } });
  await expect(finetune(options)).rejects.toThrow(/there are 1 as BF16\. With --convert/);
  const report = await finetune({ ...options, convert: true });
  expect(report.best.heldOutLoss).toBeLessThan(report.before);
  expect([...readGguf(options.out).tensors.values()].every(({ type }) => type === 0)).toBe(true);
});

test("a copy that was made of one model is not trained in another one's place", async () => {
  const other = tiny("other", { seed: 9 });
  const options = quick({ model: { path: halved(), sha256: SHA256 }, convert: true });
  const stop = new AbortController();
  const onEvent = ({ kind }: FinetuneEvent) => kind === "plan" && stop.abort();
  const copied = finetune({ ...options, onEvent, signal: stop.signal });
  await expect(copied).rejects.toThrow(InterruptedError);
  // As after a copy that was made and then refused, or killed before the run had begun.
  unlinkSync(join(`${options.out}.tuning`, "state.json"));
  const renewed = { path: halved(other), sha256: "1".repeat(64) };
  const { before } = await finetune({ ...options, model: renewed });
  expect(before).toBe((await finetune(quick({ model: renewed, convert: true }))).before);
});

test("the output takes the place of nothing that the run reads, not even with --restart", async () => {
  const data = join(folder, "data.txt");
  writeFileSync(data, "The wind fell.");
  const bytes = readFileSync(base);
  await expect(finetune(quick({ out: base, restart: true }))).rejects.toThrow(
    /holds the model.*another --out/,
  );
  const onData = quick({ out: data, dataFiles: [data], restart: true });
  await expect(finetune(onData)).rejects.toThrow(/holds the data/);
  await expect(finetune(quick({ out: folder, restart: true }))).rejects.toThrow(/names the folder/);
  expect(readFileSync(base).equals(bytes)).toBe(true);
  expect(readdirSync(folder).filter((name) => /^(base|data).*tuning/.test(name))).toEqual([]);
});

test("only what a run made is removed, and all of that", async () => {
  const options = quick({ epochs: 1 });
  const tuning = `${options.out}.tuning`;
  mkdirSync(tuning);
  writeFileSync(join(tuning, "mine.gguf"), "mine");
  await finetune({ ...options, restart: true });
  expect(readdirSync(tuning).sort()).toEqual(["mine.gguf", "state.json"]);
  // As if it had been killed when the output had its name and the state did not say so yet.
  const state = join(tuning, "state.json");
  writeFileSync(state, readFileSync(state, "utf8").replace('"finished": true', '"finished": false'));
  linkSync(options.out, join(tuning, "epoch-1.gguf"));
  await finetune(options);
  expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
});

test.skipIf(!canMount)("a run of one epoch needs room for one model", async () => {
  using disk = smallDisk(2048);
  const report = await finetune(quick({ out: join(disk.path, "out.gguf"), epochs: 1 }));
  expect(report.epochs).toHaveLength(1);
});

test.skipIf(!canMount)("a full disk ends it with the last good state kept", async () => {
  using disk = smallDisk(4096);
  const filler = join(disk.path, "filler");
  const options = quick({ out: join(disk.path, "out.gguf") });
  const fill = (event: FinetuneEvent) => {
    if (event.kind === "epoch") writeFileSync(filler, new Uint8Array(2.4 * 2 ** 20));
  };
  await expect(finetune({ ...options, onEvent: fill })).rejects.toThrow(/ENOSPC. The disk is full/);
  expect(readdirSync(`${options.out}.tuning`).sort()).toEqual(["epoch-1.gguf", "state.json"]);
  await expect(finetune(options)).rejects.toThrow(StoreError);
  unlinkSync(filler);
  expect((await finetune(options)).epochs).toHaveLength(2);
});
