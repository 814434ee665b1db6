import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EngineError, InterruptedError, ModelError, RecipeError } from "../../errors.js";
import { runnerFailure } from "./runner-failure.js";
import type { FailedReply } from "./runner-protocol.js";
import { FAKE_FOLDER, fakePython } from "./test-fake-python.js";
import { transformersTrainer } from "./transformers-trainer.js";

const PREPARED = {
  event: "prepared",
  device: "cuda",
  modelType: "bert",
  commit: null,
  maxLength: 512,
  truncated: 0,
  unknownShare: 0,
  hasDropout: true,
};

/** Writes down each request, and answers that each row's first class has the probability 1 / (seed + row). */
const WORKING = `
const log = (request) => require("node:fs").appendFileSync(process.argv[1] + ".log", JSON.stringify(request) + "\\n");
let seed;
send({ event: "ready", torch: "2", transformers: "5" });
onRequest((request) => {
  log(request);
  send({ event: "alive" });
  if (request.op === "prepare") return send(${JSON.stringify(PREPARED)});
  if (request.op === "classify") {
    const first = request.rows.map((row) => 1 / (seed + row));
    return send({ event: "classified", probabilities: first.map((p) => [p, 1 - p]) });
  }
  seed = request.seed;
  const score = request.validation ? 0.5 : null;
  send({ event: "epoch", epoch: 1, epochs: request.epochs, loss: 0.6, validationMacroF1: score, bestEpoch: 1 });
  send({ event: "trained", epochs: 1, bestEpoch: 1, loss: seed === 9 ? 0.7 : 0.6 });
});`;

const requestsOf = (python: string) =>
  readFileSync(`${python}.log`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const ROWS = Int32Array.of(0, 1);
const Y = Int32Array.of(1, 0);

test("settings, rows and validation texts reach the runner, and its answers come back", async () => {
  const python = fakePython("working", WORKING);
  const epochs: unknown[] = [];
  const notes: string[] = [];
  await using trainer = transformersTrainer({
    python,
    preset: "paper-c",
    model: "hf:jane/encoder@main",
    patience: 3,
    validation: {
      rows: [{ text: "e\u0301\ud800", label: "ጥሩ", language: "am" }],
      labels: ["ጥሩ", "መጥፎ"],
    },
    onEpoch: (epoch) => epochs.push(epoch),
    onNote: (note) => notes.push(note),
  });
  expect(trainer.name).toBe("hf:jane/encoder@main, fine-tuned");
  const prepared = await trainer.prepare(["a", "b", "c"]);
  const first = await prepared.train(ROWS, Y, { classes: 2, seed: 2 });
  expect(first.converged).toBe(true);
  expect(await first.probabilities(Int32Array.of(2))).toEqual([Float64Array.of(1 / 4, 3 / 4)]);
  expect(requestsOf(python)).toEqual([
    {
      op: "prepare",
      model: "jane/encoder",
      revision: "main",
      texts: ["a", "b", "c", "é\ufffd"],
      dropout: 0.2,
      maxLength: 256,
    },
    {
      ...{ op: "train", rows: [0, 1], y: [1, 0], classes: 2, seed: 2, learningRate: 1e-5, weightDecay: 0.01 },
      ...{ batchSize: 4, epochs: 50, patience: 3, validation: { rows: [3], y: [0] } },
    },
    { op: "classify", rows: [2] },
  ]);
  expect(epochs).toEqual([
    { epoch: 1, epochs: 50, loss: 0.6, validationMacroF1: 0.5, bestEpoch: 1, seed: 2 },
  ]);
  expect(notes).toEqual([]);
});

test("a model that is no longer held is trained again, and one no better than guessing says so", async () => {
  const python = fakePython("twice", WORKING);
  await using trainer = transformersTrainer({ python, model: "a/b", patience: undefined });
  const prepared = await trainer.prepare(["a", "b"]);
  const [first, second] = await Promise.all(
    [2, 9].map((seed) => prepared.train(ROWS, Y, { classes: 2, seed })),
  );
  const other = await trainer.prepare(["c", "d"]);
  await other.train(ROWS, Y, { classes: 2, seed: 4 });
  expect((await second!.probabilities(Int32Array.of(1)))[0]![0]).toBe(1 / 10);
  expect((await first!.probabilities(Int32Array.of(1)))[0]![0]).toBe(1 / 3);
  expect([first!.converged, second!.converged]).toEqual([true, false]);
  const told = requestsOf(python).map(({ op, texts, seed }) => [op, texts?.join("") ?? seed]);
  expect(told).toEqual([
    ["prepare", "ab"],
    ["train", 2],
    ["train", 9],
    ["prepare", "cd"],
    ["train", 4],
    ["prepare", "ab"],
    ["train", 9],
    ["classify", undefined],
    ["train", 2],
    ["classify", undefined],
  ]);
});

describe("what the model makes of the texts", () => {
  const prepare = async (name: string, found: object) => {
    const reply = JSON.stringify({ ...PREPARED, ...found });
    const python = fakePython(name, `send({ event: "ready" }); onRequest(() => send(${reply}));`);
    const notes: string[] = [];
    await using trainer = transformersTrainer({ python, model: "a/b", onNote: (note) => notes.push(note) });
    await trainer.prepare(["x", "y"]);
    return notes;
  };

  test("is said once", async () => {
    const found = { device: "cpu", maxLength: 128, truncated: 1, unknownShare: 0.1, hasDropout: false };
    expect(await prepare("notes", found)).toEqual([
      "10 % of the texts' tokens are not in the vocabulary of a/b.",
      "a/b reads at most 128 tokens of a text.",
      "1 of 2 texts are longer than 128 tokens and are cut off.",
      "a/b has no dropout before its classifier; the setting is without effect.",
      "There are no validation texts, so no training stops early: each has all its epochs.",
      "PyTorch fine-tunes a/b on the processor; it sees no GPU.",
    ]);
  });

  test("is refused where it reads next to nothing", async () => {
    await expect(prepare("script", { unknownShare: 0.93 })).rejects.toThrow(
      /93 % of their tokens are not in its vocabulary.*Take a multilingual model/,
    );
  });
});

describe("a runner that fails", () => {
  const failing = async (
    name: string,
    body: string,
    options: { silence?: number; signal?: AbortSignal } = {},
  ) => {
    const { signal, silence } = options;
    await using trainer = transformersTrainer({ python: fakePython(name, body), model: "a/b", silence });
    return await trainer.prepare(["x"], { signal }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
  };

  test("by ending", async () => {
    const error = await failing("ends", 'console.error("ImportError: no such thing"); process.exit(3);');
    expect(error).toBeInstanceOf(EngineError);
    expect(error!.message).toBe(
      "The Python process that fine-tunes a/b ended (code 3).\nPython said:\n  ImportError: no such thing",
    );
  });

  test("by being killed", async () => {
    const error = await failing(
      "killed",
      'send({ event: "ready" }); onRequest(() => process.kill(process.pid, "SIGKILL"));',
    );
    expect(error!.message).toMatch(/ended \(SIGKILL\)\. Most likely memory ran out: take a smaller model/);
  });

  test("by falling silent", async () => {
    const error = await failing("hangs", "setInterval(() => {}, 1000);", { silence: 20 });
    expect(error!.message).toMatch(/has said nothing for 0 s and was ended/);
  });

  test("by writing what is no answer", async () => {
    const said = await Promise.all(
      ["Segmentation fault", "null", '{"event":"classified"}'].map(async (line, i) => {
        const body = `process.stdout.write(${JSON.stringify(`${line}\n`)}); setInterval(() => {}, 1000);`;
        return [line, (await failing(`garbage-${i}`, body))!.message] as const;
      }),
    );
    for (const [line, message] of said) expect(message).toContain(`does not understand: ${line}`);
  });

  test("by not being there", async () => {
    await using trainer = transformersTrainer({ python: join(FAKE_FOLDER, "none"), model: "a/b" });
    await expect(trainer.prepare(["x"])).rejects.toThrow(/ended \(spawn .*none ENOENT\)/);
  });

  test("and a new one takes its place", async () => {
    const body = `
const fs = require("node:fs"), mark = process.argv[1] + ".mark";
if (!fs.existsSync(mark)) { fs.writeFileSync(mark, ""); process.exit(1); }
${WORKING}`;
    await using trainer = transformersTrainer({ python: fakePython("second", body), model: "a/b" });
    await expect(trainer.prepare(["x"])).rejects.toThrow(/code 1/);
    await expect(trainer.prepare(["x"])).resolves.toBeDefined();
  });

  test("for a reason that it gives", async () => {
    const cases: [Omit<FailedReply, "event" | "message">, typeof ModelError | typeof EngineError, RegExp][] =
      [
        [{ code: "packages" }, EngineError, /tiller doctor --trainer says what is missing/],
        [{ code: "not-an-encoder", modelType: "gpt2" }, ModelError, /a\/b is no sequence encoder.*"gpt2"/],
        [{ code: "not-found" }, ModelError, /has no model a\/b/],
        [{ code: "gated" }, ModelError, /accept its licence/],
        [{ code: "no-network" }, ModelError, /cannot be reached/],
        [{ code: "unreadable" }, ModelError, /cannot be read \(why\)/],
        [{ code: "no-tokenizer" }, ModelError, /tokenizer\.json/],
        [{ code: "not-finite", epoch: 2 }, EngineError, /in epoch 2.*lower learningRate/],
        [{ code: "memory" }, EngineError, /Memory ran out.*smaller batchSize or maxLength/],
      ];
    for (const [{ code, ...detail }, kind, message] of cases) {
      const error = runnerFailure({ event: "failed", code, message: "why", ...detail }, "a/b");
      expect(error, code).toBeInstanceOf(kind);
      expect(error!.message, code).toMatch(message);
    }
    const python = `
console.error("line 3"); send({ event: "ready" });
onRequest(() => send({ event: "failed", code: "unexpected", message: "KeyError: 5" }));`;
    const error = await failing("unexpected", python);
    expect(error).toBeInstanceOf(EngineError);
    expect(error!.message).toBe("Fine-tuning a/b failed: KeyError: 5\nPython said:\n  line 3");
  });

  test("is stopped at once when the user asks", async () => {
    const controller = new AbortController();
    const body = 'send({ event: "ready" }); onRequest(() => process.stderr.write("reading"));';
    const stopped = failing("slow", body, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await stopped).toBeInstanceOf(InterruptedError);
  });
});

describe("before anything starts", () => {
  test("labels and models that cannot be are refused", () => {
    const rows = [{ text: "x", label: "Good", language: "en" }];
    expect(() => transformersTrainer({ validation: { rows, labels: ["bad", "good"] } })).toThrow(
      'The validation texts have the label "Good", which is no class: "bad", "good".',
    );
    expect(() => transformersTrainer({ model: "./missing folder" })).toThrow(RecipeError);
    const empty = join(FAKE_FOLDER, "empty");
    mkdirSync(empty, { recursive: true });
    writeFileSync(join(empty, "model.gguf"), "");
    expect(() => transformersTrainer({ model: empty })).toThrow(
      /it has no config\.json\. A GGUF file cannot/,
    );
  });

  test("a class without a text is a mistake of the caller", async () => {
    await using trainer = transformersTrainer({ python: fakePython("classes", WORKING), model: "a/b" });
    const prepared = await trainer.prepare(["a", "b"]);
    const train = (y: number[], classes: number) =>
      prepared.train(ROWS, Int32Array.from(y), { classes, seed: 1 });
    await expect(train([0, 0], 2)).rejects.toThrow("Class 1 has no training text.");
    await expect(train([0, 0], 1)).rejects.toThrow(RangeError);
    await expect(train([0], 2)).rejects.toThrow(RangeError);
  });
});
