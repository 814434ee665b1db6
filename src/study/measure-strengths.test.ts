import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planRecipe } from "./plan-recipe.js";
import { assess, generateTexts } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";

const RUN = {
  steering: { method: "mean-difference", operations: ["add", "ablate"], layers: [1, [1, 2]] },
  decoding: { maxTokens: 12 },
  samples: { perLabel: 4, pilotPerLabel: 2 },
  scoring: { texts: 8, tokenBudget: 50 },
  classifier: undefined,
};

test("strengths that the recipe leaves out are measured once, kept, and tried", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun(RUN);
  const plan = await planRecipe(run.recipe);
  expect(plan.configurations).toEqual([
    "zero-shot",
    "mean-difference@1 (3 measured strengths)",
    "mean-difference@1+2 (3 measured strengths)",
    "mean-difference.ablate@1x1",
    "mean-difference.ablate@1+2x1",
  ]);
  expect(plan.pilot.texts).toBe(8 * 2 * 2);
  expect(plan.notes).toEqual([
    expect.stringMatching(/^Strengths are measured before the sweep, on about \d+/),
  ]);

  const open = () => Study.open(run.recipe, { output: run.output });
  const file = join(run.output, "vectors", "range.json");
  let names: string[];
  {
    await using study = await open();
    expect(() => study.sweep).toThrow(RangeError);
    await generateTexts(study);
    names = study.sweep.map(({ name }) => name);
    const ranges = JSON.parse(await readFile(file, "utf8"));
    expect(Object.keys(ranges)).toEqual(["mean-difference@1", "mean-difference@1+2"]);
    for (const { begins, breaks, strengths } of Object.values<Record<string, number & number[]>>(ranges)) {
      expect(strengths!.length).toBeLessThanOrEqual(3);
      for (const strength of strengths as unknown as number[]) {
        expect(strength).toBeGreaterThanOrEqual(begins!);
        if (breaks !== null) expect(strength).toBeLessThan(breaks!);
        expect(String(strength).replace(/[.0]/g, "").length).toBeLessThanOrEqual(3);
      }
    }
    expect(names).toContain("mean-difference.ablate@1x1");
    expect(names.some((name) => /^mean-difference@1x[\d.]+$/.test(name))).toBe(true);
  }
  {
    // The report finds the same sweep without measuring.
    await using study = await open();
    const report = await assess(study, { scores: false, classifiers: false });
    expect(study.sweep.map(({ name }) => name)).toEqual(names);
    expect(
      report.notes.filter((note) => note.startsWith("Strengths of mean-difference@1 were")),
    ).toHaveLength(1);
  }
  {
    // What is not known any more is measured again, with the same result.
    const ranges = JSON.parse(await readFile(file, "utf8"));
    const before = ranges["mean-difference@1"];
    ranges["mean-difference@1+2"].strengths = [0.3];
    delete ranges["mean-difference@1"];
    await writeFile(file, JSON.stringify(ranges));
    await using study = await open();
    await generateTexts(study);
    const after = JSON.parse(await readFile(file, "utf8"));
    expect(after["mean-difference@1"].begins).toBe(before.begins);
    expect(after["mean-difference@1+2"].strengths).toEqual([0.3]);
  }
});
