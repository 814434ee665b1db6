import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readVectorFile, writeVectorFile } from "../steering/vector-file.js";
import { createTestRun, type TestRun } from "../study/test-run.js";
import { startTiller, tiller } from "./test-cli.js";

let run: TestRun;
let positive: string;
let negative: string;
beforeAll(async () => {
  run = await createTestRun();
  await shown("build", run.recipe, "-o", run.output);
  positive = join(run.output, "vectors", "positive.en.gguf");
  negative = join(run.output, "vectors", "negative.en.gguf");
});

async function shown(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tiller(["vectors", ...args]);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function expectFailure(args: readonly string[], code: number, message: RegExp): Promise<void> {
  const finished = await tiller(["vectors", ...args]);
  expect(finished.stderr).toMatch(message);
  expect(finished.stderr).not.toMatch(/\n\s+at |should not/);
  expect(finished.code, finished.stderr).toBe(code);
}

/** A vector of some other model. */
async function foreign(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "tiller-foreign-")), "foreign.gguf");
  const vector = readVectorFile(positive);
  writeVectorFile(path, { ...vector, model: { ...vector.model, sha256: "f".repeat(64) } });
  return path;
}

test("inspect says what a file says of itself", async () => {
  const found = JSON.parse(await shown("inspect", positive, "--json"));
  const [vector] = found.vectors;
  expect(found).toEqual({ vectors: [vector], notes: [] });
  expect(vector).toMatchObject({ file: positive, class: "positive", method: "mean-difference", texts: 20 });
  expect(vector.layers.map(({ layer }: { layer: number }) => layer)).toEqual([0, 1, 2]);
  expect(vector.layers[0].separation).toBeUndefined();
  const text = await shown("inspect", positive, "--layers", "2");
  expect(text).toMatch(/mean-difference towards positive \(en\), from 20 texts/);
  expect(text).toMatch(/\n +layer +residual +difference +as before\n +2 +\d+\.\d\d/);
  expect(text).not.toMatch(/AUROC|nearest/);
});

test("inspect on a recipe adds separation on held-out texts, and nearest tokens", async () => {
  const args = ["inspect", run.recipe, "-o", run.output];
  const { vectors, notes } = JSON.parse(await shown(...args, "--tokens", "3", "--layers", "1,2", "--json"));
  expect(notes).toEqual([]);
  expect(vectors.map(({ file }: { file: string }) => file)).toEqual([negative, positive]);
  for (const vector of vectors) {
    expect(vector.heldOut).toEqual({ texts: 10, others: 10 });
    expect(vector.layers.map(({ layer }: { layer: number }) => layer)).toEqual([1, 2]);
    for (const { separation, towards, away } of vector.layers) {
      expect(separation.auroc).toBeGreaterThan(0.5);
      expect([towards.length, away.length]).toEqual([3, 3]);
    }
  }
  // Of two classes one vector is the other one turned round.
  expect(vectors[0].layers[0].separation.auroc).toBeCloseTo(vectors[1].layers[0].separation.auroc, 6);
  const text = await shown(...args);
  expect(text).toMatch(/AUROC +d\n/);
  expect(text).toMatch(/10 held-out texts of the class against 10 others/);
  expect(text).toMatch(/\n {2}layer 2 {2}\+ \d\.\d: \S.*\n +− \d\.\d: \S/);
});

test("inspect tries a vector file on a run's texts, and says if it was made from others", async () => {
  const own = JSON.parse(await shown("inspect", positive, "--recipe", run.output, "--json"));
  expect(own.vectors).toMatchObject([{ file: positive }]);
  expect(own.vectors[0].layers[1].separation.auroc).toBeGreaterThan(0.5);
  expect(own.notes).toEqual([]);
  const other = join(await mkdtemp(join(tmpdir(), "tiller-other-")), "other.gguf");
  writeVectorFile(other, { ...readVectorFile(positive), dataSha256: "e".repeat(64) });
  expect(await shown("inspect", other, "--recipe", run.output, "--tokens", "0")).toMatch(
    /note: The vector for positive \(en\) was not made from this recipe's texts/,
  );
});

test("inspect gives an imported vector its tokens, and says why it has no separation", async () => {
  const unknown = join(await mkdtemp(join(tmpdir(), "tiller-unknown-")), "honest.gguf");
  const vector = readVectorFile(positive);
  const layers = vector.layers.map((layer) => ({ ...layer, residualNorm: undefined }));
  writeVectorFile(unknown, {
    ...vector,
    method: "imported",
    origin: "honest.gguf",
    class: "honest",
    language: "any",
    layers,
  });
  const text = await shown("inspect", unknown, "--recipe", run.output);
  expect(text).toMatch(/imported: honest\.gguf/);
  expect(text).toMatch(/\n +2 +– +\d/);
  expect(text).toMatch(/\n {2}layer 2 {2}\+ \d\.\d: \S/);
  expect(text).toMatch(/note: The recipe has no texts of class honest \(any\) together with others/);
  expect(text).not.toMatch(/AUROC|not made from this recipe/);
});

test("inspect refuses what does not fit", async () => {
  await expectFailure(["inspect", await foreign(), "--recipe", run.output], 1, /another model.*f{64}/s);
  await expectFailure(["inspect", run.model], 1, /no control vector but llama/);
  await expectFailure(["inspect", join(run.folder, "none.gguf")], 1, /none\.gguf: there is no such file\.$/m);
  const damaged = join(await mkdtemp(join(tmpdir(), "tiller-damaged-")), "damaged.gguf");
  await writeFile(damaged, "");
  await expectFailure(["inspect", damaged], 1, /is empty/);
  await writeFile(damaged, "GGU");
  await expectFailure(["inspect", damaged], 1, /not a GGUF file/);
  await expectFailure(["inspect", "x".repeat(300)], 2, /x{300}/);
  await expectFailure(["inspect", join(run.recipe, "below")], 2, /below/);
  await expectFailure(["inspect", positive, "--tokens", "3"], 2, /--tokens: .*with --recipe/);
  await expectFailure(["inspect", positive, "--layers", "9"], 2, /--layers: .* has no layer 9, only 0, 1, 2/);
  await expectFailure(["inspect", positive, "--layers", "1,x"], 2, /--layers: "x" is not a whole number/);
  await expectFailure(["inspect", run.recipe, "-o", run.output, "--layers", "3"], 2, /no layer 3/);
  await expectFailure(["inspect", run.recipe, "--recipe", run.recipe], 2, /--recipe goes with a vector file/);
});

test("compare gives cosines, layer by layer", async () => {
  const { layers, mean } = JSON.parse(await shown("compare", positive, negative, "--json"));
  expect(layers.map(({ layer }: { layer: number }) => layer)).toEqual([0, 1, 2]);
  expect(mean[0][1]).toBeCloseTo(-1, 5);
  const text = await shown("compare", positive, negative, positive);
  expect(text).toMatch(/^A {2}.*positive\.en\.gguf: mean-difference, positive \(en\)\n/);
  expect(text).toMatch(/\nlayer +A·B +A·C +B·C\n +0 +−1\.00 +1\.00 +−1\.00\n/);
  await expectFailure(["compare", positive, await foreign()], 1, /Vector 2.*another model.*f{64}/s);
  await expectFailure(["compare", positive], 2, /missing required argument/);
});

test("compare shows the vectors of one class and language layer by layer, when there are many", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-many-"));
  const files = ["de", "sl", "sw"].flatMap((language) =>
    (["language", "quality"] as const).map((method) => {
      const file = join(folder, `${method}.${language}.gguf`);
      writeVectorFile(file, { ...readVectorFile(positive), method, class: "human", language });
      return file;
    }),
  );
  expect(await shown("compare", ...files)).toMatch(
    /cosine by layer\nlayer +A·B +C·D +E·F\n +0 +1\.00 +1\.00 +1\.00\n/,
  );
  const classes = Array.from({ length: 8 }, (_, i) => {
    const file = join(folder, `${i}.gguf`);
    writeVectorFile(file, { ...readVectorFile(positive), class: `class ${i}` });
    return file;
  });
  const text = await shown("compare", ...classes);
  expect(text).toMatch(/\nlayer +A·B +A·C +A·D +A·E +A·F +A·G\n/);
  expect(text).toMatch(/\n\nlayer +A·H\n +0 +1\.00\n/);
});

test("range measures each layer, tells its cost before, and draws a figure", {
  timeout: 120_000,
}, async () => {
  const figure = join(run.folder, "range.svg");
  const args = ["range", run.recipe, "-o", run.output, "--texts", "4"];
  const { code, stdout, stderr } = await tiller(["vectors", ...args, "--svg", figure, "--json"]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(
    /^Measuring how strongly to steer at layer 1; layer 2: some 56 short texts \(1344 tokens/,
  );
  const { cells, unsteered, figure: written } = JSON.parse(stdout);
  expect(cells.map(({ name }: { name: string }) => name)).toEqual(["layer 1", "layer 2"]);
  expect(unsteered).toMatchObject({ texts: 8 });
  for (const { points, begins } of cells) {
    expect(points.length).toBeGreaterThanOrEqual(7);
    expect(begins).toBeGreaterThan(0);
  }
  expect(written).toBe(figure);
  expect(await readFile(figure, "utf8")).toMatch(/^<svg xmlns.*layer 1.*layer 2.*<\/svg>\n$/s);
  const text = await shown(...args, "--layers", "0,0");
  expect(text.match(/^layer 0: /gm)).toHaveLength(1);
  expect(text).toMatch(/ +strength +next token changed/);
  expect(text).toMatch(/Without steering: perplexity \d/);
});

test("Ctrl-C in range says that nothing is kept", async () => {
  const { child, done } = startTiller(["vectors", "range", run.recipe, "-o", run.output, "--texts", "500"]);
  child.stderr!.on("data", (text: string) => {
    if (text.includes("Measuring how strongly")) setTimeout(() => child.kill("SIGINT"), 500);
  });
  const { code, stderr } = await done;
  expect([code, stderr]).toEqual([130, expect.stringMatching(/Stopped; .*nothing is kept/)]);
  expect(stderr).not.toMatch(/To go on/);
});

test("range refuses a layer without vectors, and a place that cannot be written", async () => {
  const args = ["range", run.recipe, "-o", run.output];
  await expectFailure(
    [...args, "--layers", "3"],
    2,
    /no vectors at layer 3, only at 0, 1, 2.*steering\.layers/s,
  );
  await expectFailure(
    [...args, "--svg", join(run.folder, "none", "range.svg")],
    1,
    /range\.svg cannot be written/,
  );
  await expectFailure(
    [...args, "--svg", run.folder],
    1,
    /^\S+ cannot be written: it is a folder\. Choose another place\.\n$/,
  );
  await expectFailure([...args, "--texts", "0"], 2, /--texts: "0" is not a whole number from 1 on/);
});
