import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { assess, generateTexts } from "../../src/study/run-study.js";
import { Study } from "../../src/study/study.js";

const examples = fileURLToPath(new URL("../../examples/quickstart", import.meta.url));

test("a strength that collapses the output is reported, and not chosen", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-collapse-"));
  const recipe = join(folder, "recipe.json");
  await writeFile(
    recipe,
    JSON.stringify({
      name: "collapse",
      model: { source: "tinyllama", context: 256, sequences: 16 },
      task: {
        labels: ["negative", "positive"],
        prompt: { zeroShot: 'Reviews by customers\n\nA {label} review: "' },
        chat: "raw",
      },
      contrast: ["negative", "positive"].map((label) => ({
        class: label,
        file: join(examples, `contrast-${label}.txt`),
      })),
      heldOut: 0.8,
      steering: { method: "mean-difference", layers: [11], strengths: [0.1, 3] },
      decoding: { maxTokens: 24, stop: ['"'] },
      samples: { perLabel: 6, pilotPerLabel: 6 },
      scoring: { texts: 12, tokenBudget: 50 },
    }),
  );
  await using study = await Study.open(recipe, { output: join(folder, "run") });
  await generateTexts(study);
  const report = await assess(study, { scores: true, classifiers: true });
  const [weak, strong] = report.pilot;
  expect(strong).toMatchObject({ strength: 3, collapsed: true });
  expect(weak).toMatchObject({ strength: 0.1, collapsed: false });
  expect(strong!.harmonic).toBeLessThan(weak!.harmonic);
  expect(report.chosen).toBe("mean-difference@11x0.1");
  expect(report.notes.join(" ")).toMatch(/too strong.*mean-difference@11x3/);
  expect(report.verdict).toMatch(/no human test texts/);
});
