import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import type { RecipeInput } from "../recipe/schema.js";
import { STEERING_OPERATIONS } from "../steering/intervene.js";
import { readVectorFile } from "../steering/vector-file.js";
import { buildVectors } from "./build-vectors.js";
import { writingInterventions } from "./interventions.js";
import { proveSteering } from "./pilot.js";
import { assess, generateTexts, makeVectors } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";

const SMALL = {
  decoding: { maxTokens: 12 },
  samples: { perLabel: 4, pilotPerLabel: 2 },
  scoring: { texts: 8, tokenBudget: 50 },
  classifier: undefined,
};

async function open(steering: RecipeInput["steering"], more: Record<string, unknown> = {}): Promise<Study> {
  const run = await createTestRun({ ...SMALL, steering, ...more });
  return Study.open(run.recipe, { output: run.output });
}

const LABEL_METHODS = [
  "mean-difference",
  "pca-diff",
  "pca-center",
  "lat",
  "logistic-probe",
  "lda",
  "random",
] as const;

test("a recipe with every operation writes, scores and reports each of them", async () => {
  await using study = await open({
    methods: ["mean-difference"],
    operations: [...STEERING_OPERATIONS],
    strengths: {
      add: [0.2],
      "add-keeping-norm": [0.2],
      "ablate-add": [0.2],
      clamp: [0.1],
      rotate: [0.4],
      replace: [0.5],
    },
    layers: [0, [1, 3]],
  });
  expect(study.sweep).toHaveLength(2 * STEERING_OPERATIONS.length);
  await generateTexts(study);
  const report = await assess(study, { scores: true, classifiers: false });
  expect(report.pilot.map(({ operation, layers, written }) => [operation, layers, written])).toEqual(
    STEERING_OPERATIONS.flatMap((operation) => [
      [operation, [0], 4],
      [operation, [1, 3], 4],
    ]),
  );
  // Each operation writes other texts than the others: none of them is taken for another, or for nothing.
  const texts = (name: string) =>
    JSON.stringify(
      study.journal.rows().flatMap((row) => (row.configuration === name && row.index < 2 ? [row.text] : [])),
    );
  const names = study.sweep.map(({ name }) => name);
  expect(new Set(names.map(texts)).size).toBe(names.length);
  expect(report.notes.filter((note) => note.startsWith("ablate-add:"))).toHaveLength(1);
});

test("every method has vectors of its own, from one reading of the texts, and a file under its name", async () => {
  await using study = await open({ methods: [...LABEL_METHODS], layers: [1, 2], strengths: [0.2] });
  const { vectors, files } = await makeVectors(study);
  expect(vectors.map(({ method, class: name }) => `${method} ${name}`)).toEqual(
    LABEL_METHODS.flatMap((method) => [`${method} negative`, `${method} positive`]),
  );
  expect(await readdir(study.folder.vectors)).toEqual(
    [
      ...LABEL_METHODS.flatMap((method) => [`${method}.negative.en.gguf`, `${method}.positive.en.gguf`]),
      "means.gguf",
      "text-vectors.gguf",
    ].sort(),
  );
  files.forEach((file, index) => {
    expect(readVectorFile(file)).toMatchObject({ method: vectors[index]!.method, layers: expect.anything() });
  });
  const unread = () => Promise.reject(new Error("The engine was started."));
  const again = await buildVectors(unread, study.recipe, study.materials.split, study.model.sha256, {
    folder: study.folder.vectors,
    layers: [1, 2],
  });
  expect(again.vectors.map(({ layers }) => layers)).toEqual(vectors.map(({ layers }) => layers));
  const unit = (index: number) => vectors[index]!.layers.find(({ layer }) => layer === 1)!.unit.join();
  expect(new Set(vectors.map((_, index) => unit(index))).size).toBe(vectors.length);
});

test("one method keeps the file names of the first version", async () => {
  await using study = await open({ method: "mean-difference", layers: [1], strengths: [0.2] });
  await makeVectors(study);
  expect(await readdir(study.folder.vectors)).toEqual(["means.gguf", "negative.en.gguf", "positive.en.gguf"]);
});

test("paper A's methods and labels in one recipe: each class is set against its own kind", async () => {
  const run = await createTestRun();
  const labels = (await Study.open(run.recipe, { output: run.output }).then(async (study) => {
    await study.close();
    return study.loaded.recipe.contrast;
  })) as NonNullable<RecipeInput["contrast"]>;
  const human = ["It is a fine day in the garden.", "We walk to the river.", "Birds sing here."];
  const contrast = [
    ...labels.map((set) => ({ ...set, language: "en" })),
    { class: "human", language: "en", texts: human },
    { class: "human", language: "de", texts: ["Es ist ein Tag.", "Wir gehen.", "Da ist es."] },
    { class: "back-translated", language: "en", texts: human.map((text) => `${text} ${text}`) },
  ];
  await using alone = await open(
    { method: "mean-difference", layers: [1], strengths: [0.2] },
    { contrast: contrast.slice(0, 2) },
  );
  await using study = await open(
    { methods: ["mean-difference", "language", "quality"], layers: [1], strengths: [0.2] },
    { contrast },
  );
  const mixed = await makeVectors(study);
  const labelled = await makeVectors(alone);
  const at = (set: typeof mixed, name: string) =>
    set.find("mean-difference", "en", name).layers.find(({ layer }) => layer === 1)!.unit;
  for (const label of ["negative", "positive"]) expect(at(mixed, label)).toEqual(at(labelled, label));
  expect(mixed.find("quality", "en", "positive")).toMatchObject({ class: "human", method: "quality" });
  expect(mixed.find("language", "en", "negative")).toMatchObject({ class: "human", method: "language" });
});

test("places, conditions and schedules go to the engine; the proof of effect does without them", async () => {
  await using study = await open({
    method: "mean-difference",
    layers: [2],
    strengths: [0.4],
    where: { phase: "generated", exclude: [{ text: "." }] },
    when: { towards: "negative", method: "lda", layer: 1, measure: "projection", over: "row", above: -9 },
    decay: 20,
  });
  const vectors = await makeVectors(study);
  const interventions = await writingInterventions(study, vectors);
  const [configuration] = study.sweep;
  const condition = vectors.find("lda", "en", "negative").layers.find(({ layer }) => layer === 1)!;
  const period = (await (await study.engine()).tokenize("road.")).at(-1);
  expect(interventions(configuration!, "en", "positive")).toEqual([
    {
      kind: "add",
      layer: 2,
      vector: expect.any(Float32Array),
      where: { phase: "generated", exclude: [{ tokens: expect.arrayContaining([period]) }] },
      when: {
        layer: 1,
        vector: condition.unit,
        measure: "projection",
        over: "row",
        above: -9 * condition.residualNorm!,
      },
      schedule: [
        { token: 0, factor: 1 },
        { token: 20, factor: 0 },
      ],
    },
  ]);
  // Rows of the prompt are not steered, so that with them the proof could not succeed.
  await expect(proveSteering(study, vectors)).resolves.toBeUndefined();
  await generateTexts(study);
  expect(study.journal.rows().length).toBeGreaterThan(8);
});

test("a turn leaves the first row alone, unless the recipe says which rows", async () => {
  const wheres: unknown[] = [];
  for (const where of [undefined, { phase: "all" } as const]) {
    await using study = await open({
      method: "lda",
      operations: ["add", "rotate"],
      layers: [1],
      strengths: [0.3],
      ...(where ? { where } : {}),
    });
    const interventions = await writingInterventions(study, await makeVectors(study));
    wheres.push(...study.sweep.map((one) => interventions(one, "en", "positive")[0]!.where));
  }
  const behind = { exclude: [{ anchor: "start", to: 0 }] };
  expect(wheres).toEqual([undefined, behind, { phase: "all" }, { phase: "all" }]);
});

test.each<[string, NonNullable<RecipeInput["steering"]>["where"], RegExp]>([
  ["text of several tokens", { include: [{ text: "the good road" }] }, /steering\.where: the text .* tokens/],
  [
    "positions that no text reaches",
    { include: [{ anchor: "start", from: 200 }] },
    /steering\.where: this selection picks no row of the prompt for negative \(en\)/,
  ],
  [
    "the last written token, which is never read",
    { include: [{ anchor: "prompt-end", from: 11, to: 11 }] },
    /steering\.where: .* nor one of the 11 rows of what is written/,
  ],
  ["a token that the prompt lacks", { phase: "prompt", include: [{ text: "!" }] }, /picks no row/],
])("a place is refused before anything is written: %s", async (_, where, message) => {
  await using study = await open({ method: "mean-difference", layers: [2], strengths: [0.4], where });
  await expect(generateTexts(study)).rejects.toThrow(message);
  expect(study.journal.rows()).toEqual([]);
});

test("readings differ: last token, answers to a prompt, chosen positions", async () => {
  const units = new Set<string>();
  const steering = { method: "mean-difference", layers: [1], strengths: [0.2] } as const;
  const readings: Partial<NonNullable<RecipeInput["steering"]>>[] = [
    {},
    { pooling: "last" },
    { pooling: { exclude: [{ anchor: "start", to: 2 }] } },
    { read: { answerTo: "Tell me about the day." } },
    { read: { answerTo: "Tell me about the day." }, pooling: "answer" },
  ];
  for (const reading of readings) {
    await using study = await open({ ...steering, layers: [1], strengths: [0.2], ...reading });
    const { vectors } = await makeVectors(study);
    units.add(vectors[0]!.layers[1]!.unit.join());
    expect(vectors[0]!.tokens).toBeGreaterThan(0);
    if (reading.pooling === "last") expect(vectors[0]!).toMatchObject({ tokens: 20, positions: "last" });
    if (reading.pooling === "answer") {
      expect(vectors[0]!).toMatchObject({
        tokens: 20,
        positions: 'last as an answer to "Tell me about the day."',
      });
    }
  }
  expect(units.size).toBe(readings.length);
});

test("a condition by a vector file of the same model", async () => {
  const run = await createTestRun({ ...SMALL });
  await using first = await Study.open(run.recipe, { output: run.output });
  const { files } = await makeVectors(first);
  const when = { vector: files[0]!, layer: 1, measure: "projection", over: "prompt", below: 5 };
  const steering = { method: "mean-difference", layers: [1], strengths: [0.3], when };
  const conditional = await createTestRun({ ...SMALL, steering });
  await using study = await Study.open(conditional.recipe, { output: conditional.output });
  await generateTexts(study);
  const other = await createTestRun({ ...SMALL, steering }, { seed: 5 });
  await using refused = await Study.open(other.recipe, { output: other.output });
  await expect(generateTexts(refused)).rejects.toThrow(/made from another model/);
});

test("a condition behind a steered layer is refused when the model's depth is known", async () => {
  const when = { towards: "positive", layer: "late", above: 0 } as const;
  await expect(open({ method: "lda", layers: [1], strengths: [0.1], when })).rejects.toThrow(
    "steering.when.layer: found 3, which lies behind the steered layer 1",
  );
});
