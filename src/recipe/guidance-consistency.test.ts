import { expect, test } from "vitest";
import { GUIDANCE_PRESETS } from "../guidance/presets.js";
import {
  expertsOf,
  guidanceCells,
  promptingOf,
  streamsOf,
  TAKEN_KEYS,
  usesNegatives,
} from "./guidance-axes.js";
import { negativesOf } from "./guidance-schema.js";
import { parseRecipe } from "./load.js";
import type { RecipeInput } from "./schema.js";

const BASE = {
  name: "run",
  model: { source: "tinyllama" },
  task: { labels: ["a", "b"], prompt: "paper-a/sentiment" },
  contrast: [
    { class: "a", file: "a.jsonl" },
    { class: "b", file: "b.jsonl" },
  ],
  samples: { perLabel: 10 },
} satisfies RecipeInput;

type Guidance = NonNullable<RecipeInput["guidance"]>;
const EXPERT = { expert: "file:e.gguf" };
const FREE: Guidance = { preset: "classifier-free", gamma: 1 };
const NEGATIVE: Guidance = { preset: "negative-prompt", eta: 0.6, negatives: { texts: ["one"] } };
const STEERING = { method: "mean-difference" } as const;

const parse = (guidance: unknown, change: Record<string, unknown> = {}) =>
  parseRecipe(JSON.stringify({ ...BASE, guidance, ...change }, null, 1), "recipe.json").recipe;

/** The problems of a recipe, without their places. */
function problems(guidance: unknown, change: Record<string, unknown> = {}): string[] {
  try {
    parse(guidance, change);
    return [];
  } catch (error) {
    const found = [...(error as Error).message.matchAll(/line \d+, column \d+: (.*)/g)];
    return found.map(([, problem]) => problem!);
  }
}

const VALID: Record<Guidance["preset"], Guidance> = {
  "contrastive-expert": { preset: "contrastive-expert", gamma: [0, 0.2], ...EXPERT },
  "negative-prompt": NEGATIVE,
  steer: { ...NEGATIVE, preset: "steer", gamma: 0.2, ...EXPERT },
  "classifier-free": { ...FREE, unprompted: "" },
  dexperts: {
    preset: "dexperts",
    gamma: 2,
    ...EXPERT,
    antiExpert: { adapter: "file:anti.gguf", scale: 0.5 },
  },
  "contrastive-decoding": { preset: "contrastive-decoding", gamma: 0.5, amateur: "tinyllama" },
  "steered-contrast": { preset: "steered-contrast", gamma: 1 },
};

test.each(GUIDANCE_PRESETS)("%s is accepted, and without one of its keys it is not", (preset) => {
  const change = { steering: STEERING };
  expect(problems(VALID[preset], change)).toEqual([]);
  for (const key of TAKEN_KEYS[preset].needed) {
    const { [key]: _, ...rest } = VALID[preset];
    expect(problems(rest, change)).toEqual([
      expect.stringMatching(
        new RegExp(`^guidance\\.${key}: the key is missing, and the preset ${preset} needs it; give`),
      ),
    ]);
  }
});

test.each<[string, unknown, RegExp]>([
  [
    "a misspelt preset",
    { preset: "ster", gamma: 1 },
    /^guidance\.preset: found the text "ster"; .* Did you mean steer\?/,
  ],
  [
    "a preset that is far from any",
    { preset: "magic" },
    /^guidance\.preset: found the text "magic"; allowed: contrastive-expert, (?!.*mean)/,
  ],
  ["no preset", { gamma: 1 }, /^guidance\.preset: the key is missing; give contrastive-expert,/],
  [
    "a key of another preset",
    { ...FREE, eta: 1 },
    /^guidance\.eta: the preset classifier-free has no eta; leave it out, or choose .*: negative-prompt, steer\./,
  ],
  [
    "an expert that is not used",
    { ...FREE, ...EXPERT },
    /^guidance\.expert: the preset classifier-free has no expert/,
  ],
  [
    "a negative weight",
    { ...FREE, gamma: -1 },
    /^guidance\.gamma: found the number -1; allowed: a number, 0 or more, or a list/,
  ],
  [
    "a negative weight in a list",
    { ...FREE, gamma: [0, -1] },
    /^guidance\.gamma\[1\]: found the number -1; allowed: a number/,
  ],
  ["a weight twice", { ...FREE, gamma: [1, 0, 1] }, /^guidance\.gamma\[2\]: found 1 a second time/],
  ["no weights", { ...FREE, gamma: [] }, /^guidance\.gamma: found an empty list/],
  ["an unknown key", { ...FREE, gama: 1 }, /^guidance\.gama: unknown key "gama"\. Did you mean gamma\?/],
  ["plausibility of 1", { ...FREE, plausibility: 1 }, /^guidance\.plausibility: found the number 1;/],
  [
    "part of a token",
    { ...FREE, after: 0.5 },
    /^guidance\.after: found the number 0\.5; allowed: a whole number/,
  ],
  [
    "a start behind every text's end",
    { ...FREE, after: 1000 },
    /^guidance\.after: found 1000, and no text has more than \d+ tokens/,
  ],
  [
    "a schedule backwards",
    {
      ...FREE,
      schedule: [
        { token: 3, factor: 1 },
        { token: 1, factor: 0 },
      ],
    },
    /^guidance\.schedule\[1\]\.token: found 1 after 3/,
  ],
  [
    "a schedule of zeros",
    { ...FREE, schedule: [{ token: 0, factor: 0 }] },
    /^guidance\.schedule: found the factor 0 at every point/,
  ],
  [
    "the same expert twice",
    { ...VALID.dexperts, antiExpert: "file:e.gguf" },
    /^guidance\.antiExpert: found the same model as expert/,
  ],
  [
    "an adapter of no strength",
    { ...VALID["contrastive-expert"], expert: { adapter: "file:l.gguf", scale: 0 } },
    /^guidance\.expert\.scale: found 0/,
  ],
  [
    "no texts to begin with",
    { preset: "negative-prompt", eta: 0.6 },
    /^guidance: found no texts to begin with; give negatives/,
  ],
  [
    "texts and a file",
    { ...NEGATIVE, negatives: { texts: ["x"], file: "n.txt" } },
    /^guidance\.negatives\.file: found file together with texts/,
  ],
  [
    "a file of another kind",
    { ...NEGATIVE, negatives: { file: "n.doc" } },
    /^guidance\.negatives\.file: found "n\.doc"/,
  ],
  [
    "steered-contrast alone",
    VALID["steered-contrast"],
    /^guidance\.preset: found steered-contrast without steering/,
  ],
  [
    "few-shot without demonstrations",
    { ...FREE, prompting: "few-shot" },
    /^guidance\.prompting: found few-shot without demonstrations/,
  ],
])("%s is refused", (_, guidance, expected) => {
  expect(problems(guidance)).toEqual([expect.stringMatching(expected)]);
});

test.each([".nan", ".inf", "-.inf"])("the weight %s is refused", (weight) => {
  const text = `${JSON.stringify(BASE).slice(0, -1)}, "guidance": {"preset": "classifier-free", "gamma": ${weight}}}`;
  expect(() => parseRecipe(text, "recipe.yaml")).toThrow(/guidance\.gamma: found/);
});

test("a recipe needs steering or guidance", () => {
  expect(problems(undefined)).toEqual([
    expect.stringMatching(/^steering: the key is missing, and so is guidance/),
  ]);
  expect(problems(FREE)).toEqual([]);
  expect(problems(undefined, { sterring: STEERING })).toEqual([
    expect.stringMatching(/^sterring: unknown key "sterring"\. Did you mean steering\?/),
  ]);
});

test("one prompt serves both: guidance may only say what steering says", () => {
  expect(
    problems({ ...FREE, prompting: "few-shot" }, { steering: STEERING, demonstrations: { file: "d.jsonl" } }),
  ).toEqual([
    expect.stringMatching(/^guidance\.prompting: found few-shot, and steering\.prompting is zero-shot/),
  ]);
  const demonstrations = { file: "d.jsonl" };
  const fewShot = parse(FREE, { steering: { ...STEERING, prompting: "few-shot" }, demonstrations });
  expect(promptingOf(fewShot)).toBe("few-shot");
  expect(promptingOf(parse({ ...FREE, prompting: "few-shot" }, { demonstrations }))).toBe("few-shot");
  expect(promptingOf(parse(FREE))).toBe("zero-shot");
});

test("contrast sets of a recipe without steering are of its labels", () => {
  const contrast = [...BASE.contrast, { class: "human", file: "h.txt" }];
  expect(problems(FREE, { contrast })).toEqual([
    expect.stringMatching(/^contrast\[2\]\.class: found "human"; allowed: a label of task\.labels/),
  ]);
});

test("the demonstrations are the pool where the recipe names no other, and η of 0 needs none", () => {
  const eta = { preset: "negative-prompt", eta: [0, 0.6] };
  expect(problems(eta, { demonstrations: { file: "d.jsonl" } })).toEqual([]);
  expect(problems({ preset: "negative-prompt", eta: 0 })).toEqual([]);
  expect(usesNegatives(parse({ preset: "negative-prompt", eta: 0 }).guidance)).toBe(false);
  expect(negativesOf(parse({ preset: "negative-prompt", eta: 0 }).guidance!)).toEqual({
    accepted: true,
    count: 10,
    scope: "label",
    choose: "random",
    maxCharacters: 2000,
  });
});

test("the grid is every γ with every η, ascending", () => {
  const guidance = parse({ ...VALID.steer, gamma: [0.2, 0], eta: 0.6 }).guidance;
  expect(guidanceCells(guidance)).toEqual([
    { preset: "steer", gamma: 0, eta: 0.6 },
    { preset: "steer", gamma: 0.2, eta: 0.6 },
  ]);
  expect(guidanceCells(undefined)).toEqual([]);
  expect(expertsOf(guidance)).toEqual([{ key: "expert", expert: "file:e.gguf" }]);
  expect(expertsOf(parse(VALID.dexperts).guidance).map(({ key }) => key)).toEqual(["expert", "antiExpert"]);
});

test("a stream without weight costs nothing", () => {
  expect(streamsOf({ preset: "steer", gamma: 0, eta: 0 })).toBe(1);
  expect(streamsOf({ preset: "steer", gamma: 0.2, eta: 0.6 })).toBe(3);
  expect(streamsOf({ preset: "steer", gamma: 0, eta: 0.6 })).toBe(2);
  expect(streamsOf({ preset: "dexperts", gamma: 2 })).toBe(3);
  expect(streamsOf({ preset: "classifier-free", gamma: 0.5 })).toBe(2);
});
