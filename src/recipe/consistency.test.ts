import { describe, expect, test } from "vitest";
import { parseRecipe } from "./load.js";
import type { RecipeInput } from "./schema.js";

const BASE = {
  name: "run",
  model: { source: "tinyllama" },
  task: { labels: ["a", "b"], languages: ["en", "mt"], prompt: "paper-a/sentiment" },
  contrast: [
    { class: "a", file: "a.jsonl" },
    { class: "b", file: "b.jsonl" },
  ],
  steering: { method: "mean-difference" },
  samples: { perLabel: 10 },
} satisfies RecipeInput;

const demonstrations = { file: "d.jsonl" };
const own = (prompt: object) => ({ ...BASE.task, prompt: prompt as { zeroShot: string } });

/** The problems of the base recipe with some keys replaced, without their places. */
function problems(change: Partial<RecipeInput>): string[] {
  try {
    parseRecipe(JSON.stringify({ ...BASE, ...change }, null, 1), "recipe.json");
    return [];
  } catch (error) {
    const { message } = error as Error;
    return [...message.matchAll(/line \d+, column \d+: (.*)/g)].map(([, problem]) => problem!);
  }
}

test("the base recipe has none", () => {
  expect(problems({})).toEqual([]);
});

test("a problem stands where its value is", () => {
  const text = JSON.stringify({ ...BASE, decoding: { maxTokens: 512 } }, null, 1);
  const line = text.split("\n").findIndex((written) => written.includes("maxTokens")) + 1;
  expect(() => parseRecipe(text, "recipe.json")).toThrow(
    `recipe.json, line ${line}, column 16: decoding.maxTokens: found 512; allowed: less than model.context, which is 512`,
  );
});

test("a label to replace needs human texts, and is one of the task's", () => {
  const of = (classifier: object) => problems({ classifier: { test: "t.jsonl", ...classifier } });
  expect(of({ replaces: "a", train: "h.jsonl" })).toEqual([]);
  expect(of({ replaces: "a" })).toEqual([
    expect.stringMatching(/^classifier\.replaces: .*give classifier\.train/),
  ]);
  expect(of({ replaces: "c", train: "h.jsonl" })).toEqual([
    expect.stringMatching(/^classifier\.replaces: found "c"; allowed: a label of the task: "a", "b"\./),
  ]);
});

describe("few-shot", () => {
  test("needs demonstrations, for a baseline as for steering", () => {
    expect(problems({ baselines: ["zero-shot", "few-shot"] })).toEqual([
      expect.stringMatching(
        /^baselines\[1\]: found few-shot without demonstrations; give the key demonstrations/,
      ),
    ]);
    const steering = { method: "mean-difference", prompting: "few-shot" } as const;
    expect(problems({ steering })).toEqual([
      expect.stringMatching(/^steering\.prompting: found few-shot without/),
    ]);
    expect(problems({ baselines: ["few-shot"], steering, demonstrations })).toEqual([]);
  });

  test("demonstrations with a problem of their own are not missing as well", () => {
    const wrong = { baselines: ["few-shot"], demonstrations: { file: "d.jsonl", count: 0 } } as const;
    expect(problems({ ...wrong, baselines: [...wrong.baselines] })).toEqual([
      expect.stringMatching(/^demonstrations\.count: found the number 0/),
    ]);
  });

  test("needs a template for it if the prompt is one's own", () => {
    const task = own({ zeroShot: "Write {label}." });
    expect(problems({ task })).toEqual([]);
    expect(problems({ task, baselines: ["few-shot"], demonstrations })).toEqual([
      expect.stringMatching(/^task\.prompt\.fewShot: the key fewShot is missing/),
    ]);
    const both = own({ zeroShot: "Write {label}.", fewShot: "Like {examples}, write {label}." });
    expect(problems({ task: both, baselines: ["few-shot"], demonstrations })).toEqual([]);
  });

  test("a template for it says where the examples stand", () => {
    expect(problems({ task: own({ zeroShot: "Write {label}.", fewShot: "Write {label}." }) })).toEqual([
      expect.stringMatching(/^task\.prompt\.fewShot: found no \{examples\}/),
    ]);
  });

  test("draws no more examples than it may draw from", () => {
    const random = { ...demonstrations, count: 5, shortest: 4, draw: "random" } as const;
    expect(problems({ demonstrations: random })).toEqual([]);
    expect(problems({ demonstrations: { ...demonstrations, count: 5, shortest: 4 } })).toEqual([
      expect.stringMatching(
        /^demonstrations\.count: found 5; allowed: at most demonstrations\.shortest, which is 4/,
      ),
    ]);
  });
});

test("a template in place of a template's name is explained", () => {
  expect(problems({ task: { ...BASE.task, prompt: "Write a {label} review" } })).toEqual([
    expect.stringMatching(/^task\.prompt: .* under prompt\.zeroShot\.$/),
  ]);
});

describe("repeated values", () => {
  test.each<[string, Partial<RecipeInput>]>([
    ["task.labels[2]", { task: { ...BASE.task, labels: ["a", "b", "a"] } }],
    ["task.languages[2]", { task: { ...BASE.task, languages: ["en", "mt", "en"] } }],
    ["steering.strengths[1]", { steering: { ...BASE.steering, strengths: [0.1, 0.1] } }],
    ["baselines[1]", { baselines: ["zero-shot", "zero-shot"] }],
  ])("%s is refused", (path, change) => {
    expect(problems(change)).toEqual([expect.stringContaining(`${path}: found`)]);
    expect(problems(change)[0]).toContain("a second time (first at [0])");
  });

  test("labels that differ in their Unicode form only are the same", () => {
    const labels = ["caf\u00e9", "cafe\u0301"];
    const contrast = [{ class: "cafe\u0301", file: "a.jsonl" }];
    expect(problems({ task: { ...BASE.task, labels }, contrast })).toEqual([
      expect.stringMatching(/^task\.labels\[1\]: found "café" a second time/),
    ]);
  });
});

describe("contrast sets", () => {
  test("have exactly one of texts and file", () => {
    const contrast = [{ class: "a" }, { class: "b", texts: ["x", "y"], file: "b.txt" }];
    expect(problems({ contrast })).toEqual([
      expect.stringMatching(/^contrast\[0\]: found neither texts nor file; allowed: exactly one/),
      expect.stringMatching(/^contrast\[1\]: found both texts and file; allowed: exactly one/),
    ]);
  });

  test("have texts", () => {
    const contrast = [
      { class: "a", texts: [] },
      { class: "b", texts: ["x", " "] },
    ];
    expect(problems({ contrast })).toEqual([
      expect.stringMatching(/^contrast\[0\]\.texts: found an empty list; allowed: a list that is not empty/),
      expect.stringMatching(
        /^contrast\[1\]\.texts\[1\]: found the text " "; allowed: text that is not empty/,
      ),
    ]);
  });

  test("have a text for the vectors and another for the label check", () => {
    const b = { class: "b", file: "b.jsonl" };
    expect(problems({ contrast: [{ class: "a", texts: ["x"] }, b] })).toEqual([
      expect.stringMatching(
        /^contrast\[0\]\.texts: found 1 different text of the class "a"; allowed: at least 2/,
      ),
    ]);
    expect(problems({ contrast: [{ class: "a", texts: ["x", " x "] }, b] })).toHaveLength(1);
    expect(problems({ contrast: [{ class: "a", texts: ["x"] }, { class: "a", texts: ["y"] }, b] })).toEqual(
      [],
    );
    expect(problems({ contrast: [{ class: "a", texts: ["x"] }, { class: "a", file: "a.txt" }, b] })).toEqual(
      [],
    );
  });

  test("share no text between classes of one language", () => {
    const a = { class: "a", texts: ["same", "x"] };
    const b = { class: "b", texts: ["y", "same "] };
    expect(problems({ contrast: [a, b] })).toEqual([
      expect.stringMatching(
        /^contrast\[1\]\.texts\[1\]: found the text "same", which stands under the class "a" as well/,
      ),
    ]);
    const both = (language: string) => BASE.contrast.map((set) => ({ ...set, language }));
    const apart = [{ ...a, language: "en" }, { ...b, language: "mt" }, ...both("en"), ...both("mt")];
    expect(problems({ contrast: apart })).toEqual([]);
  });

  test("a one-sided contrast is refused, with the class that is missing", () => {
    expect(problems({ contrast: [{ class: "a", file: "a.txt" }] })).toEqual([
      expect.stringMatching(
        /^contrast: found no texts of the class "b" in en, mt; mean-difference needs a set of every label/,
      ),
    ]);
  });

  test("of one language leave the other without", () => {
    const contrast = [
      { class: "a", file: "a.txt" },
      { class: "b", file: "b.txt", language: "en" },
    ];
    expect(problems({ contrast })).toEqual([
      expect.stringMatching(/^contrast: found no texts of the class "b" in mt;/),
    ]);
    expect(problems({ contrast: [...contrast, { class: "b", file: "b.txt", language: "mt" }] })).toEqual([]);
  });

  test("are of classes that the task has", () => {
    const contrast = [...BASE.contrast, { class: "A", file: "c.txt" }];
    expect(problems({ contrast })).toEqual([
      expect.stringMatching(
        /^contrast\[2\]\.class: found "A"; allowed: a label of task\.labels \("a", "b"\)/,
      ),
    ]);
  });

  test("quality: human and back-translated, for every language", () => {
    const steering = { method: "quality" } as const;
    const human = { class: "human", file: "h.txt" };
    const back = { class: "back-translated", file: "b.txt", language: "en" };
    expect(problems({ steering, contrast: [human, back, { ...back, language: "mt" }] })).toEqual([]);
    expect(problems({ steering, contrast: [human, back] })).toEqual([
      expect.stringMatching(/^contrast: found no texts of the class "back-translated" in mt; quality needs/),
    ]);
    expect(problems({ steering, contrast: [human, { ...back, class: "a", language: "mt" }] })).toEqual([
      expect.stringMatching(/^contrast: found no texts of the class "back-translated" in en, mt/),
      expect.stringMatching(/^contrast\[1\]\.class: found "a"; allowed: a class of the method quality/),
    ]);
  });

  test("quality: corrupted texts stand in for back-translated ones, for it alone", () => {
    const steering = { method: "quality" } as const;
    const human = { class: "human", file: "h.txt" };
    const corrupted = { class: "corrupted", file: "c.txt", language: "mt" };
    const back = { class: "back-translated", file: "b.txt", language: "en" };
    expect(problems({ steering, contrast: [human, back, corrupted] })).toEqual([]);
    expect(problems({ steering, contrast: [human, corrupted] })).toEqual([
      expect.stringMatching(/^contrast: found no texts of the class "back-translated" in en; quality needs/),
    ]);
    expect(problems({ contrast: [...BASE.contrast, corrupted] })).toEqual([
      expect.stringMatching(/^contrast\[2\]\.class: found "corrupted"; allowed: a label/),
    ]);
  });

  test("language: human texts of at least two languages, the task's among them", () => {
    const steering = { method: "language" } as const;
    const human = (language: string) => ({ class: "human", file: `${language}.txt`, language });
    const task = { ...BASE.task, languages: ["mt"] };
    expect(problems({ steering, task, contrast: [human("mt"), human("en")] })).toEqual([]);
    expect(problems({ steering, task, contrast: [human("mt")] })).toEqual([
      expect.stringMatching(/^contrast: found texts in mt; the method language needs sets in at least two/),
    ]);
    expect(problems({ steering, contrast: [human("en"), human("de")] })).toEqual([
      expect.stringMatching(
        /^contrast: found no texts of the class "human" in mt; the method language needs/,
      ),
    ]);
    expect(
      problems({ steering, task, contrast: [human("mt"), human("en"), { class: "human", file: "x.txt" }] }),
    ).toEqual([expect.stringMatching(/^contrast\[2\]\.language: the key language is missing/)]);
  });
});

test("the pilot writes no more than the run", () => {
  expect(problems({ samples: { perLabel: 3, attempts: 2.5, pilotPerLabel: 7 } })).toEqual([]);
  expect(problems({ samples: { perLabel: 3, attempts: 2.5 } })).toEqual([
    expect.stringMatching(
      /^samples\.pilotPerLabel: found 8; allowed: at most perLabel × attempts, which is 7/,
    ),
  ]);
});

test("sources of texts are of a kind that can be read", () => {
  expect(
    problems({
      contrast: [
        { class: "a", file: "a.doc" },
        { class: "b", file: "B.TXT" },
      ],
      demonstrations: { file: "d.txt" },
      classifier: { test: { source: "test.xlsx", text: "review" } },
    }),
  ).toEqual([
    expect.stringMatching(
      /^contrast\[0\]\.file: found "a\.doc"; allowed: a file whose name ends in \.jsonl, .* or \.txt, or a folder/,
    ),
    expect.stringMatching(
      /^demonstrations\.file: found "d\.txt"; allowed: a file whose name ends in .* or \.parquet, or/,
    ),
    expect.stringMatching(/^classifier\.test\.source: found "test\.xlsx"; allowed: a file whose name/),
  ]);
  const sets = ["a.csv", "texts/", "texts", "hf:datasets/owner/name@main/data/*.parquet"].map((file) => ({
    class: "a",
    file,
  }));
  expect(problems({ contrast: [...sets, { class: "b", file: { source: "b.v2/" } }] })).toEqual([]);
});

test("options of a source fit the source and each other", () => {
  const of = (options: object) => problems({ classifier: { test: { source: "t.csv", ...options } } });
  expect(of({ split: "test" })).toEqual([
    expect.stringMatching(/^classifier\.test\.split: found split of a file/),
  ]);
  expect(of({ language: "lang", languageCode: "am" })).toEqual([
    expect.stringMatching(/^classifier\.test\.languageCode: found languageCode together with language/),
  ]);
  expect(of({ seed: 1 })).toEqual([
    expect.stringMatching(/^classifier\.test\.seed: found a seed, and nothing is drawn/),
  ]);
  expect(of({ delimiter: '"' })).toEqual([
    expect.stringMatching(/^classifier\.test\.delimiter: found a quote/),
  ]);
  expect(problems({ classifier: { test: "hf:owner/name" } })).toEqual([
    expect.stringMatching(/^classifier\.test: found "hf:owner\/name"; allowed: hf:datasets\/OWNER\/NAME/),
  ]);
  expect(of({ sample: 5, seed: 1, labels: { 0: "a", 1: null }, delimiter: ";" })).toEqual([]);
});

test("language models label test texts only where there are some", () => {
  expect(problems({ arms: {}, classifier: { test: "test.jsonl" } })).toEqual([]);
  expect(problems({ arms: {} })).toEqual([
    expect.stringMatching(
      /^arms: found the key without classifier\.test, .* give classifier, or leave arms out/,
    ),
  ]);
});

test("texts are dropped by a judge only where there is one", () => {
  expect(problems({ filters: { judge: 1 }, scoring: { judge: "local" } })).toEqual([]);
  expect(problems({ filters: { judge: 1 } })).toEqual([
    expect.stringMatching(/^filters\.judge: found a least rating without a judge; give scoring\.judge/),
  ]);
  expect(problems({ filters: { selfCheck: "no" as never } })).toEqual([
    expect.stringMatching(/^filters\.selfCheck: found the text "no"; allowed: .*true/),
  ]);
});

test("problems of shape in one key do not hide those among the others", () => {
  expect(problems({ seed: -1, decoding: { maxTokens: 600 }, baselines: ["few-shot"] })).toEqual([
    expect.stringMatching(/^seed: found the number -1; allowed: a whole number from 0 to 4294967294/),
    expect.stringMatching(/^decoding\.maxTokens: found 600/),
    expect.stringMatching(/^baselines\[0\]: found few-shot/),
  ]);
});
