import { expect, test } from "vitest";
import { makeVectors } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";

test("a contrast text without the rows that are pooled is named by its class and beginning", async () => {
  const contrast = [
    { class: "positive", texts: Array.from({ length: 4 }, (_, i) => `${"A fine long day. ".repeat(9)}${i}`) },
    { class: "negative", texts: ["Cold fog.", "Cold ash.", "Cold night.", "Cold host."] },
  ];
  const steering = {
    method: "mean-difference",
    layers: [1],
    strengths: [0.2],
    pooling: { include: [{ anchor: "start", from: 40 }] },
  };
  const run = await createTestRun({ contrast, steering });
  await using study = await Study.open(run.recipe, { output: run.output });
  await expect(makeVectors(study)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(
      /^steering\.pooling: this selection picks no row of the text "Cold \w+\." of the class negative \(.*\)\. Choose other tokens/,
    ),
  });
});
