import { expect, test } from "vitest";
import { parseRecipe } from "./load.js";
import type { RecipeInput } from "./schema.js";
import { methodsOf, neededMethods, operationsOf, strengthsOf } from "./sweep-axes.js";

const BASE = {
  name: "run",
  model: { source: "tinyllama" },
  task: { labels: ["a", "b"], prompt: "paper-a/sentiment" },
  contrast: [
    { class: "a", file: "a.jsonl" },
    { class: "b", file: "b.jsonl" },
  ],
  steering: {},
  samples: { perLabel: 10 },
} satisfies RecipeInput;

type Steering = NonNullable<RecipeInput["steering"]>;
const METHOD = { method: "mean-difference" } as const;

const parse = (steering: Steering, change: Partial<RecipeInput> = {}) =>
  parseRecipe(JSON.stringify({ ...BASE, steering, ...change }, null, 1), "recipe.json").recipe;

/** The problems of a recipe, without their places. */
function problems(steering: Steering, change: Partial<RecipeInput> = {}): string[] {
  try {
    parse(steering, change);
    return [];
  } catch (error) {
    const found = [...(error as Error).message.matchAll(/line \d+, column \d+: (.*)/g)];
    return found.map(([, problem]) => problem!);
  }
}

test.each<[string, Steering, RegExp]>([
  ["no method", {}, /^steering: found none of method, methods and vectors/],
  [
    "a method and a file",
    { ...METHOD, vectors: "v.gguf" },
    /^steering\.vectors: found vectors together with/,
  ],
  ["a label without a file", { vectors: { a: "a.gguf" } }, /^steering\.vectors: found no file for "b"/],
  [
    "a file for no label",
    { vectors: { a: "a.gguf", b: "b.gguf", c: "c.gguf" } },
    /^steering\.vectors\.c: found "c"; allowed: "a" or "b"/,
  ],
  [
    "no class mean to go to",
    { vectors: "v.gguf", operations: ["add", "replace"] },
    /^steering\.operations: found replace together with steering\.vectors/,
  ],
  ["both forms", { ...METHOD, methods: ["lda"] }, /^steering\.methods: found methods together with method/],
  [
    "two operations keys",
    { ...METHOD, operation: "add", operations: ["add"] },
    /^steering\.operations: found/,
  ],
  ["schedule and decay", { ...METHOD, decay: 3, schedule: [{ token: 0, factor: 1 }] }, /^steering\.decay:/],
  ["a method twice", { methods: ["lda", "lda"] }, /^steering\.methods\[1\]: found "lda" a second time/],
  [
    "a strength twice",
    { ...METHOD, strengths: { add: [1, 1] } },
    /^steering\.strengths\.add\[1\]: found 1 a/,
  ],
  ["a strength of 0", { ...METHOD, strengths: [0] }, /^steering\.strengths\[0\]: found 0; .* above 0/],
  [
    "no strengths to rotate by",
    { ...METHOD, operation: "rotate" },
    /^steering\.strengths\.rotate: .*operation rotate are not measured/,
  ],
  [
    "absolute strengths cannot be measured",
    { ...METHOD, unit: "absolute" },
    /^steering\.strengths\.add: .*in norms/,
  ],
  [
    "more than the whole",
    { ...METHOD, operation: "ablate", strengths: [1.5] },
    /^steering\.strengths\[0\]: found 1\.5; allowed: up to 1 .*share of the way/,
  ],
  [
    "more than half a turn",
    { ...METHOD, operation: "rotate", strengths: [4] },
    /^steering\.strengths\[0\]: found 4; .*radians/,
  ],
  [
    "an interval without inside",
    { ...METHOD, operation: "clamp", strengths: [1, 3], clampMost: 2 },
    /^steering\.strengths\[1\]: found 3; allowed: at most steering\.clampMost, which is 2/,
  ],
  ["a bound of nothing", { ...METHOD, clampMost: 2 }, /^steering\.clampMost: found clampMost without/],
  [
    "strengths of another operation",
    { ...METHOD, strengths: { rotate: [1] } },
    /^steering\.strengths\.rotate: found strengths of the operation rotate/,
  ],
  [
    "a selector of nothing",
    { ...METHOD, where: { include: [{ from: 1 }] } },
    /^steering\.where\.include\[0\]: found 0 of tokens, text and anchor/,
  ],
  [
    "a selector of two kinds",
    { ...METHOD, where: { exclude: [{ tokens: [1], text: ":" }] } },
    /^steering\.where\.exclude\[0\]: found 2 of/,
  ],
  [
    "positions without an anchor",
    { ...METHOD, where: { include: [{ text: ":", to: 1 }] } },
    /^steering\.where\.include\[0\]: found from or to without anchor/,
  ],
  [
    "a selection that can match no position",
    { ...METHOD, where: { phase: "prompt", include: [{ anchor: "prompt-end", from: 0, to: 3 }] } },
    /^steering\.where: this selection picks no row: its positions are not in the phase prompt/,
  ],
  [
    "positions backwards",
    { ...METHOD, where: { include: [{ anchor: "start", from: 4, to: 3 }] } },
    /^steering\.where: this selection picks no row: positions 4 to 3 run backwards/,
  ],
  [
    "the end of what is being written",
    { ...METHOD, where: { exclude: [{ anchor: "end", from: -1 }] } },
    /^steering\.where: found positions that count from the end/,
  ],
  [
    "rows that all answers share",
    { ...METHOD, pooling: { phase: "prompt" }, read: { answerTo: "Write." } },
    /^steering\.pooling: this selection picks rows of the prompt alone/,
  ],
  [
    "the same by position",
    { ...METHOD, pooling: { include: [{ anchor: "prompt-end", to: -1 }] }, read: { answerTo: "Write." } },
    /^steering\.pooling: this selection picks rows of the prompt alone/,
  ],
  ["an answer to nothing", { ...METHOD, pooling: "answer" }, /^steering\.pooling: found answer/],
  [
    "an answer's rows of raw text",
    { ...METHOD, pooling: { phase: "generated" } },
    /^steering\.pooling: this selection picks no row/,
  ],
  [
    "a schedule backwards",
    {
      ...METHOD,
      schedule: [
        { token: 5, factor: 1 },
        { token: 5, factor: 0 },
      ],
    },
    /^steering\.schedule\[1\]\.token: found 5 after 5/,
  ],
  ["a condition on nothing", { ...METHOD, when: { layer: 0, above: 0 } }, /^steering\.when: found neither/],
  [
    "a condition without a threshold",
    { ...METHOD, when: { towards: "a", layer: 0 } },
    /^steering\.when: found neither above nor below/,
  ],
  [
    "thresholds that exclude each other",
    { ...METHOD, when: { towards: "a", layer: 0, above: 0.5, below: 0.5 } },
    /^steering\.when\.above: found 0\.5, which is not below 0\.5/,
  ],
  [
    "a condition towards no label",
    { ...METHOD, when: { towards: "c", layer: 0, above: 0 } },
    /^steering\.when\.towards: found "c"; allowed: "a" or "b"/,
  ],
  [
    "a condition behind the steering",
    { ...METHOD, layers: [9, [4, 8]], when: { towards: "a", layer: 6, above: 0 } },
    /^steering\.when\.layer: found 6, which lies behind the steered layer 4/,
  ],
  [
    "a condition by a file that is no vector",
    { ...METHOD, when: { vector: "v.bin", layer: 0, above: 0 } },
    /^steering\.when\.vector: found "v\.bin"; allowed: a file whose name ends in \.gguf/,
  ],
])("%s is refused", (_, steering, message) => {
  expect(problems(steering)).toEqual([expect.stringMatching(message)]);
});

test.each([
  [".nan", "NaN"],
  [".inf", "infinite"],
  ["-.inf", "infinite"],
  ["1e999", "infinite"],
])("a strength %s is refused where it stands", (strength) => {
  const yaml = JSON.stringify(BASE).replace(
    '"steering":{}',
    `"steering":{"method":"mean-difference","strengths":[0.1,${strength}]}`,
  );
  expect(() => parseRecipe(yaml, "recipe.yaml")).toThrow(
    /line 1, column \d+: steering\.strengths\[1\]: found/,
  );
});

test("what is allowed: every operation, place, condition and reading in one recipe", () => {
  const steering: Steering = {
    methods: ["mean-difference", "pca-diff", "random"],
    operations: ["add", "ablate", "ablate-add", "clamp", "rotate", "add-keeping-norm", "replace"],
    strengths: { add: [0.2, 0.1], clamp: [-1, 0], rotate: [0.3] },
    clampMost: 2,
    layers: [0, "early", [1, "middle", 0.9], "all"],
    where: {
      phase: "generated",
      include: [{ anchor: "prompt-end", from: 0, to: 9 }, { tokens: [1, 2] }],
      exclude: [{ text: ":" }],
    },
    when: { towards: "b", method: "lda", layer: 0, measure: "projection", over: "row", above: -1, below: 1 },
    decay: 30,
    pooling: { include: [{ anchor: "end", from: -2 }] },
    weighting: "token",
    read: { answerTo: "Say something." },
  };
  const recipe = parse(steering);
  expect(methodsOf(recipe.steering)).toEqual(steering.methods);
  expect(neededMethods(recipe.steering)).toEqual(["mean-difference", "pca-diff", "random", "lda"]);
  expect(operationsOf(recipe.steering)).toEqual(steering.operations);
  expect(strengthsOf(recipe.steering!, "add")).toEqual([0.1, 0.2]);
  expect(strengthsOf(recipe.steering!, "ablate")).toEqual([1]);
  expect(strengthsOf(recipe.steering!, "ablate-add")).toBeUndefined();
});

test("paper A's two methods share a recipe; each set is of a class that one of them knows", () => {
  const set = (name: string, language: string) => ({
    class: name,
    language,
    file: `${name}.${language}.txt`,
  });
  const both: Steering = { methods: ["language", "quality"] };
  const human = [set("human", "en"), set("human", "de")];
  const task = { ...BASE.task, languages: ["en", "de"] };
  const spoilt = [set("back-translated", "en"), set("back-translated", "de")];
  expect(problems(both, { task, contrast: [...human, ...spoilt] })).toEqual([]);
  expect(problems(both, { task, contrast: [...human, spoilt[0]!] })).toEqual([
    expect.stringMatching(/^contrast: found no texts of the class "back-translated" in de; quality needs/),
  ]);
  expect(problems(both, { task, contrast: [...human, ...spoilt, set("c", "en")] })).toEqual([
    expect.stringMatching(
      /^contrast\[4\]\.class: found "c"; allowed: a class of the methods language, quality/,
    ),
  ]);
});

test("labels and human texts stand side by side, and may share texts", () => {
  const contrast = [
    { class: "a", texts: ["one", "two"] },
    { class: "b", texts: ["three", "four"] },
    { class: "human", texts: ["one", "three"] },
    { class: "back-translated", texts: ["on", "thre"] },
  ];
  expect(problems({ methods: ["mean-difference", "quality"] }, { contrast })).toEqual([]);
  expect(problems({ methods: ["lda"] }, { contrast })).toEqual([
    expect.stringMatching(/^contrast\[2\]\.class: found "human"; allowed: a label of task\.labels/),
    expect.stringMatching(/^contrast\[3\]\.class/),
  ]);
});
