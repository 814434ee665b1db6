import { resolve } from "node:path";
import { expect, test } from "vitest";
import { canonicalJson, recipeFingerprint } from "./fingerprint.js";
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

test("a file counts by its content, wherever it stands", () => {
  const moved = recipe({ contrast: [INPUT.contrast[0]!, { class: "b", file: "../data/b.txt" }] });
  expect(recipeFingerprint(recipe(), files("01"))).not.toBe(recipeFingerprint(recipe(), files("00")));
  expect(recipeFingerprint(moved, files("00"))).toBe(recipeFingerprint(recipe(), files("00")));
});

test("canonical JSON sorts keys at every depth, keeps lists in order and drops what is undefined", () => {
  expect(canonicalJson({ b: [2, { d: null, c: "é\n" }], a: undefined, B: 1e21 })).toBe(
    '{"B":1e+21,"b":[2,{"c":"é\\n","d":null}]}',
  );
});
