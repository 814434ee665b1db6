import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import type { RecipeInput } from "../recipe/schema.js";
import { assess, generateTexts } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";

type Steering = NonNullable<RecipeInput["steering"]>;

async function open(when: Steering["when"], more: Partial<Steering> = {}): Promise<Study> {
  const run = await createTestRun({
    decoding: { maxTokens: 12 },
    samples: { perLabel: 4, pilotPerLabel: 2 },
    scoring: { texts: 8, tokenBudget: 50 },
    classifier: undefined,
    steering: { method: "mean-difference", layers: [2], strengths: [0.4], when, ...more },
  });
  return Study.open(run.recipe, { output: run.output });
}

const towards = { towards: "positive", layer: 1 } as const;

test.each<[string, Steering["when"], RegExp]>([
  [
    "of a row",
    { ...towards, measure: "cosine", over: "row", above: 0.999 },
    /^steering\.when: no text would be steered\. The cosine at \d+ rows of prompts and held-out texts was -?0\.\d+ to 0\.\d+, and it must be above 0\.999\. Choose a threshold/,
  ],
  [
    "of a prompt, in norms",
    { ...towards, measure: "projection", over: "prompt", above: 2, below: 3 },
    /^steering\.when: no text .* projection at 2 prompts was -?0\.\d+ to -?0\.\d+, and it must be above 2 and below 3\./,
  ],
])("a condition that is met nowhere is refused before anything is written: %s", async (_, when, message) => {
  await using study = await open(when);
  await expect(generateTexts(study)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(message),
  });
  expect(study.journal.rows()).toEqual([]);
  expect(await readdir(study.folder.vectors)).not.toContain("condition.json");
});

test.each<[Steering["when"], Partial<Steering>, RegExp]>([
  [
    { ...towards, measure: "cosine", over: "row", above: -2 },
    {},
    /met at (\d+) of \1 rows of prompts and texts\..*met everywhere/,
  ],
  [
    { ...towards, measure: "cosine", over: "prompt", below: 2 },
    {},
    /met at 2 of 2 prompts\..*met everywhere/,
  ],
  [
    { ...towards, measure: "cosine", over: "row", above: 0 },
    { where: { phase: "generated" }, decay: 8 },
    /met at [1-9]\d* of \d+ rows of prompts and texts\. The cosine at \d+ rows .* was -0\.\d+ to 0\.\d+\.$/,
  ],
])("the report says how often a condition was met: %j %j", async (when, more, note) => {
  await using study = await open(when, more);
  await generateTexts(study);
  const report = await assess(study, { scores: false, classifiers: false });
  expect(report.notes.filter((each) => each.startsWith("steering.when"))).toEqual([
    expect.stringMatching(note),
  ]);
});

test("nothing is said where none of the tried texts has a row that could be steered", async () => {
  const where = { include: [{ text: "z" }] };
  await using study = await open({ ...towards, over: "row", above: 0.999 }, { where });
  await expect(generateTexts(study)).resolves.toBeUndefined();
});
