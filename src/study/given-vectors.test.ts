import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RecipeInput } from "../recipe/schema.js";
import type { SteeringVector } from "../steering/steering-vector.js";
import { combineVectors } from "../steering/vector-algebra.js";
import { writeVectorFile } from "../steering/vector-file.js";
import { planRecipe } from "./plan-recipe.js";
import { measureRunRange } from "./run-range.js";
import { assess, generateTexts, makeVectors } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun, type TestRun } from "./test-run.js";

type Steering = NonNullable<RecipeInput["steering"]>;

const SMALL = {
  decoding: { maxTokens: 12 },
  samples: { perLabel: 4, pilotPerLabel: 2 },
  scoring: { texts: 8, tokenBudget: 50 },
  classifier: undefined,
};
const PLACE = { layers: [1], strengths: [0.3] } as const;
const BOTH = { negative: "negative.gguf", positive: "positive.gguf" };

/** A run that takes its vectors from files, which an earlier run made. */
async function given(
  steering: Steering,
  change: (vector: SteeringVector) => SteeringVector = (vector) => vector,
): Promise<TestRun> {
  const first = await createTestRun({ ...SMALL, steering: { method: "mean-difference", ...PLACE } });
  await using study = await Study.open(first.recipe, { output: first.output });
  const { vectors } = await makeVectors(study);
  const run = await createTestRun({ ...SMALL, steering: { ...PLACE, ...steering } });
  for (const vector of vectors) writeVectorFile(join(run.folder, `${vector.class}.gguf`), change(vector));
  return run;
}

const open = (run: TestRun) => Study.open(run.recipe, { output: run.output });

/** As another program's vectors are: without the residual's norm. */
const foreign = (vector: SteeringVector): SteeringVector => ({
  ...vector,
  method: "imported",
  origin: "elsewhere.gguf",
  layers: vector.layers.map((layer) => ({ ...layer, residualNorm: undefined })),
});

test("vectors from files steer as those do that a method makes, and no text is read for them", async () => {
  const made = await createTestRun({ ...SMALL, steering: { method: "mean-difference", ...PLACE } });
  await using own = await open(made);
  const run = await given({ vectors: BOTH });
  await using study = await open(run);
  expect(study.sweep.map(({ name }) => name)).toEqual(["file@1x0.3"]);
  const ownVectors = await makeVectors(own);
  const vectors = await makeVectors(study);
  for (const label of ["negative", "positive"]) {
    expect(vectors.interventions(study.sweep[0]!, "en", label)).toEqual(
      ownVectors.interventions(own.sweep[0]!, "en", label),
    );
  }
  expect(vectors.absoluteStrength(study.sweep[0]!)).toBeCloseTo(ownVectors.absoluteStrength(own.sweep[0]!));
  expect(vectors.files).toEqual([join(run.folder, "negative.gguf"), join(run.folder, "positive.gguf")]);
  await generateTexts(study);
  expect(await readdir(study.folder.vectors)).toEqual([]);
  const { pilot } = await assess(study, { scores: true, classifiers: false });
  expect(pilot).toMatchObject([{ configuration: "file@1x0.3", method: "file", written: 4 }]);
});

test("one file serves all labels, with its sign as it is, beside a condition that is made", async () => {
  const when = { towards: "negative", layer: 1, over: "row", above: -0.5 } as const;
  const run = await given({ vectors: "positive.gguf", when });
  await using study = await open(run);
  const { vectors, find } = await makeVectors(study);
  expect(vectors.map(({ class: name }) => name)).toEqual(["positive", "negative"]);
  expect(find("file", "en", "negative")).toBe(find("file", "en", "positive"));
  expect(find("mean-difference", "en", "negative").class).toBe("negative");
});

test("strengths are measured where the file says how large the residual stream is", async () => {
  const combined = (vector: SteeringVector) => combineVectors([vector], { weights: [2], labels: ["v"] });
  const run = await given({ vectors: BOTH, strengths: undefined }, combined);
  await using study = await open(run);
  const { cells } = await measureRunRange(study, { texts: 2 });
  expect(cells.map(({ name }) => name)).toEqual(["layer 1"]);
});

test.each<[string, Steering, RegExp]>([
  [
    "a layer that the file lacks",
    { vectors: BOTH, layers: [1, 3], unit: "absolute" },
    /^steering\.layers: found the layer 3, and .*negative\.gguf \(steering\.vectors\.negative\) has none there, only 0, 1\.$/,
  ],
  [
    "norms that the file does not say",
    { vectors: "positive.gguf" },
    /^steering\.unit: strengths of the operation add are multiples.* with unit: absolute/,
  ],
])("%s is refused before a run folder is made, and by the plan", async (_, steering, message) => {
  const run = await given(steering, foreign);
  await expect(open(run)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  await expect(readdir(run.output)).rejects.toThrow(/ENOENT/);
  await expect(planRecipe(run.recipe)).rejects.toThrow(message);
});

test("imported vectors steer with absolute strengths, and need none where an operation has no norm", async () => {
  const run = await given({ vectors: BOTH, unit: "absolute", strengths: [2] }, foreign);
  expect(await planRecipe(run.recipe)).toMatchObject({
    configurations: ["zero-shot", "file@1x2"],
    vectors: [
      { label: "negative", origin: "imported: elsewhere.gguf", layers: [0, 1] },
      { label: "positive", file: join(run.folder, "positive.gguf") },
    ],
  });
  await using study = await open(run);
  await generateTexts(study);
  const turned = await given({ vectors: BOTH, operation: "rotate", strengths: [0.3] }, foreign);
  await using second = await open(turned);
  await generateTexts(second);
});

test("a file of another model is refused, and so is another file when a run goes on", async () => {
  const run = await given({ vectors: BOTH });
  {
    await using study = await open(run);
    await generateTexts(study);
  }
  await cp(join(run.folder, "negative.gguf"), join(run.folder, "positive.gguf"));
  await expect(open(run)).rejects.toThrow(/holds a run of another recipe.*positive\.gguf/);
  const other = await given({ vectors: BOTH }, (vector) => ({
    ...vector,
    model: { ...vector.model, sha256: "0".repeat(64) },
  }));
  await expect(open(other)).rejects.toThrow(/^steering\.vectors\.negative: .*made from another model/);
});
