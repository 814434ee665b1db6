import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { determiningOptions } from "./data-source-schema.js";
import { canonicalJson, recipeFingerprint, textFingerprint } from "./fingerprint.js";
import { loadRecipe } from "./load.js";
import { type Recipe, type RecipeInput, recipeSchema } from "./schema.js";

const INPUT: RecipeInput = {
  name: "run",
  model: { source: "tinyllama" },
  task: { labels: ["a", "b"], prompt: "paper-a/sentiment" },
  contrast: [
    { class: "a", texts: ["x é", "y"] },
    { class: "b", file: "b.txt" },
  ],
  steering: { method: "mean-difference" },
  samples: { perLabel: 4 },
};
const recipe = (change: Partial<RecipeInput> = {}): Recipe => recipeSchema.parse({ ...INPUT, ...change });
const files = (sha256: string) => ({
  directory: "/data",
  hashes: new Map([[resolve("/data", "b.txt"), sha256]]),
});

test("it is the sha256 of sorted JSON", () => {
  // import hashlib, json
  // r = {"format": 1, "task": {"labels": ["a", "b"], "languages": ["en"], "prompt": "paper-a/sentiment",
  //   "chat": "template"}, "contrast": [{"class": "a", "texts": ["x é", "y"]},
  //   {"class": "b", "file": {"sha256": "00"}}], "heldOut": .5,
  //   "decoding": {"temperature": .8, "topP": .9, "topK": 0, "minP": 0, "repetitionPenalty": 1,
  //   "frequencyPenalty": 0, "penaltyWindow": 64, "maxTokens": 128, "stop": []},
  //   "samples": {"perLabel": 4, "pilotPerLabel": 8, "attempts": 2},
  //   "filters": {"minCharacters": 8, "language": True, "loops": True, "echo": True}, "seed": 42,
  //   "model": {"source": "tinyllama", "context": 512, "sequences": 16},
  //   "steering": {"method": "mean-difference", "unit": "norm", "prompting": "zero-shot"}}
  // print(hashlib.sha256(json.dumps(r, sort_keys=True, separators=(",", ":"),
  //   ensure_ascii=False).encode()).hexdigest())
  expect(recipeFingerprint(recipe(), files("00"))).toBe(
    "12dcbc58764d626bb561613a7dbe537f9d62cb515bbc30699082bbf6c55c3ddf",
  );
});

test.each<[string, Partial<RecipeInput>]>([
  ["the name", { name: "other" }],
  ["the run folder", { output: "elsewhere" }],
  ["another baseline", { baselines: ["zero-shot", "few-shot"] }],
  ["more layers and strengths", { steering: { method: "mean-difference", layers: [3], strengths: [9] } }],
  ["scoring", { scoring: { texts: 20 } }],
  ["a classifier", { classifier: { test: "t.jsonl" } }],
  ["language models as classifiers", { arms: { task: "sentiment", inContext: {} } }],
  ["a check of the model file", { model: { source: "tinyllama", sha256: "0".repeat(64) } }],
  ["a default written out", { seed: 42, decoding: { topP: 0.9 } }],
])("%s does not change it", (_, change) => {
  expect(recipeFingerprint(recipe(change))).toBe(recipeFingerprint(recipe()));
});

test.each<[string, Partial<RecipeInput>]>([
  ["the model", { model: { source: "other" } }],
  ["the context", { model: { source: "tinyllama", context: 1024 } }],
  ["the sequences", { model: { source: "tinyllama", sequences: 4 } }],
  ["a label", { task: { labels: ["a", "c"], prompt: "paper-a/sentiment" } }],
  ["the contrast texts", { contrast: [{ class: "a", texts: ["x é", "z"] }, INPUT.contrast[1]!] }],
  ["the held-out share", { heldOut: 0.4 }],
  ["the method", { steering: { method: "quality" } }],
  ["the unit", { steering: { method: "mean-difference", unit: "absolute" } }],
  ["the prompt of steering", { steering: { method: "mean-difference", prompting: "few-shot" } }],
  ["demonstrations", { demonstrations: { file: "d.jsonl" } }],
  ["decoding", { decoding: { temperature: 1 } }],
  ["the number of samples", { samples: { perLabel: 5 } }],
  ["filters", { filters: { loops: false } }],
  ["the seed", { seed: 43 }],
])("%s changes it", (_, change) => {
  expect(recipeFingerprint(recipe(change))).not.toBe(recipeFingerprint(recipe()));
});

test.each<[string, Partial<RecipeInput>]>([
  ["texts a call", { samples: { perLabel: 4, perCall: 6 } }],
  ["a self-check", { filters: { selfCheck: true } }],
  ["a judge that drops texts", { filters: { judge: 1 }, scoring: { judge: "local" } }],
])("%s changes it, and so what a text depends on", (_, change) => {
  expect(recipeFingerprint(recipe(change))).not.toBe(recipeFingerprint(recipe()));
  expect(textFingerprint({ recipe: recipe(change), ...files("00") })).not.toBe(
    textFingerprint({ recipe: recipe(), ...files("00") }),
  );
});

test.each<[string, Partial<RecipeInput>, Partial<RecipeInput>]>([
  ["the separator of one text", { samples: { perLabel: 4, separator: "#" } }, {}],
  ["a self-check that is off", { filters: { selfCheck: false } }, {}],
  ["the usual threshold", { filters: { selfCheck: true } }, { filters: { selfCheck: 0.5 } }],
])("%s changes nothing", (_, one, other) => {
  expect(recipeFingerprint(recipe(one))).toBe(recipeFingerprint(recipe(other)));
});

test("which judge drops texts counts", () => {
  const by = (model: string) =>
    recipe({ filters: { judge: 1 }, scoring: { judge: { endpoint: "http://x/v1", model } } });
  expect(recipeFingerprint(by("a"))).not.toBe(recipeFingerprint(by("b")));
});

test("how many texts are asked for is no part of what a text depends on", () => {
  const of = (samples: RecipeInput["samples"]) =>
    textFingerprint({ recipe: recipe({ samples }), ...files("00") });
  expect(of({ perLabel: 9, attempts: 5 })).toBe(of({ perLabel: 4 }));
  expect(of({ perLabel: 4, pilotPerLabel: 4 })).not.toBe(of({ perLabel: 4 }));
});

test("a file counts by its content, wherever it stands", () => {
  const moved = recipe({ contrast: [INPUT.contrast[0]!, { class: "b", file: "../data/b.txt" }] });
  expect(recipeFingerprint(recipe(), files("01"))).not.toBe(recipeFingerprint(recipe(), files("00")));
  expect(recipeFingerprint(moved, files("00"))).toBe(recipeFingerprint(recipe(), files("00")));
});

test("how a file is read counts, and a default that is written out does not", () => {
  const read = (options: object) =>
    recipeFingerprint(
      recipe({ contrast: [INPUT.contrast[0]!, { class: "b", file: { source: "b.txt", ...options } }] }),
      files("00"),
    );
  const plain = recipeFingerprint(recipe(), files("00"));
  for (const same of [
    {},
    { text: "text", label: "label", language: "language", quotes: true, balance: false, deduplicate: false },
    { split: "train", config: "en" },
    { delimiter: "," },
  ]) {
    expect(read(same)).toBe(plain);
  }
  const others = [
    { text: "review" },
    { labels: { 0: "b" } },
    { labels: { 0: null } },
    { languageCode: "am" },
    { delimiter: ";" },
    { quotes: false },
    { deduplicate: true },
    { balance: true },
    { sample: 5 },
    { sample: 5, seed: 1 },
  ].map(read);
  expect(new Set([plain, ...others]).size).toBe(others.length + 1);
  expect(read({ sample: 5, seed: 42 })).toBe(read({ sample: 5 }));
});

test.each([
  ["b.TSV", "\t", undefined],
  ["b.tsv", ",", ","],
  ["b.csv", "\t", "\t"],
  ["hf:datasets/a/b", ",", ","],
])("of %s the delimiter %j counts as %j", (source, delimiter, counts) => {
  expect(determiningOptions({ source, delimiter }, 1).delimiter).toBe(counts);
});

test("canonical JSON sorts keys at every depth, keeps lists in order and drops what is undefined", () => {
  expect(canonicalJson({ b: [2, { d: null, c: "é\n" }], a: undefined, B: 1e21 })).toBe(
    '{"B":1e+21,"b":[2,{"c":"é\\n","d":null}]}',
  );
});

describe("runs of the first version go on", () => {
  // Computed by the version before methods, operations and selections, of the recipes as they are in examples/.
  test.each([
    ["language-steering", "3824ad95796d7e70a1255fc3e106dc80c4d41eddd940a8f9a66f51004f5b0b7d"],
    ["quality-steering", "30f10f5c09365d4cd30606a271847d787d2839ab1cecba55a1297fc1e0695e4c"],
    ["quickstart", "f43a6989ed6ca217abf1b880d61401584b2e3dfd2eb8f9abb7e4d75dd7f249be"],
    ["sentiment-few-shot", "2bee99f2b695286730778718b1afb1dc567e5c210872c503668342cc57cae645"],
  ])("%s has the fingerprint that it had", async (name, expected) => {
    const path = fileURLToPath(new URL(`../../examples/${name}.yaml`, import.meta.url));
    expect((await loadRecipe(path)).fingerprint).toBe(expected);
  });

  test("and may try more: methods behind the first, operations", () => {
    const one = recipeFingerprint(recipe());
    const steering = { methods: ["mean-difference", "lda"], operations: ["add", "rotate"] } as const;
    const more = recipe({
      steering: { methods: [...steering.methods], operations: [...steering.operations], strengths: [0.1] },
    });
    expect(recipeFingerprint(more)).toBe(one);
    const otherFirst = recipe({ steering: { methods: ["lda", "mean-difference"] } });
    expect(recipeFingerprint(otherFirst)).not.toBe(one);
  });

  test.each<[string, Partial<NonNullable<RecipeInput["steering"]>>]>([
    ["where", { where: { phase: "generated" } }],
    ["when", { when: { towards: "a", layer: 0, above: 0 } }],
    ["a schedule", { schedule: [{ token: 0, factor: 1 }] }],
    ["a decay", { decay: 10 }],
    ["the pooling", { pooling: "last" }],
    ["the weighting", { weighting: "token" }],
    ["how texts are read", { read: { answerTo: "Speak." } }],
    ["an upper bound of the clamp", { operation: "clamp", clampMost: 2 }],
  ])("%s changes what is written, and so the fingerprint", (_, change) => {
    const changed = recipe({ steering: { method: "mean-difference", ...change } });
    expect(recipeFingerprint(changed)).not.toBe(recipeFingerprint(recipe()));
  });

  test("defaults of the new keys written out change nothing", () => {
    const written = recipe({ steering: { method: "mean-difference", pooling: "mean", read: "raw" } });
    expect(recipeFingerprint(written)).toBe(recipeFingerprint(recipe()));
  });

  test("guidance counts, but for its weights, and its file by content", () => {
    const guided = (guidance: RecipeInput["guidance"]) => recipe({ guidance });
    const free = { preset: "classifier-free", gamma: 1 } as const;
    const one = recipeFingerprint(guided(free));
    expect(one).not.toBe(recipeFingerprint(recipe()));
    expect(recipeFingerprint(guided({ ...free, gamma: [0, 3] }))).toBe(one);
    expect(recipeFingerprint(guided({ ...free, after: 2 }))).not.toBe(one);
    const negative = { preset: "negative-prompt", eta: 1 } as const;
    const written = { ...negative, negatives: { count: 10, accepted: true } };
    expect(recipeFingerprint(guided(written))).toBe(recipeFingerprint(guided(negative)));
    const fewer = { ...negative, negatives: { count: 9 } };
    expect(recipeFingerprint(guided(fewer))).not.toBe(recipeFingerprint(guided(negative)));
    const file = guided({ ...negative, negatives: { file: "b.txt" } });
    expect(recipeFingerprint(file, files("01"))).not.toBe(recipeFingerprint(file, files("00")));
  });

  test("vector files count by their content, and by their labels", () => {
    const of = (vectors: string | Record<string, string>, a = "00", b = "01") =>
      recipeFingerprint(recipe({ steering: { vectors } }), {
        directory: "/data",
        hashes: new Map([
          [resolve("/data", "a.gguf"), a],
          [resolve("/data", "b.gguf"), b],
        ]),
      });
    const one = of({ a: "a.gguf", b: "b.gguf" });
    expect(of({ a: "b.gguf", b: "a.gguf" }, "01", "00")).toBe(one);
    expect(of({ a: "a.gguf", b: "b.gguf" }, "00", "02")).not.toBe(one);
    expect(of({ a: "b.gguf", b: "a.gguf" })).not.toBe(one);
    expect(of("a.gguf", "00")).not.toBe(of("a.gguf", "02"));
  });

  test("a condition's vector file counts by its content", () => {
    const when = { vector: "v.gguf", layer: 0, above: 0 };
    const steered = recipe({ steering: { method: "mean-difference", when } });
    const of = (sha256: string) => ({
      directory: "/data",
      hashes: new Map([[resolve("/data", "v.gguf"), sha256]]),
    });
    expect(recipeFingerprint(steered, of("01"))).not.toBe(recipeFingerprint(steered, of("00")));
  });
});
