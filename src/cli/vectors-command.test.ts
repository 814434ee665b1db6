import { cp, mkdir, mkdtemp, readdir, readFile, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { writeTinyModel } from "../gguf/tiny-model.js";
import { readSteeringVector } from "../steering/import-vector.js";
import { combineVectors, orthogonalise, projectOut } from "../steering/vector-algebra.js";
import { createTestRun } from "../study/test-run.js";
import { tiller } from "./test-cli.js";

const FIXTURES = fileURLToPath(new URL("../steering/fixtures/", import.meta.url));
const COMMANDS = ["build", "import", "add", "subtract", "scale", "project-out", "orthogonalise"];

let folder: string;
let a: string;
let b: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-vectors-"));
  a = join(folder, "a.gguf");
  b = join(folder, "b.gguf");
  out = join(folder, "out.gguf");
  await cp(join(FIXTURES, "repeng-vector.gguf"), a);
  await cp(join(FIXTURES, "repeng-other.gguf"), b);
});

async function vectors(...args: string[]): Promise<string> {
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

test("a recipe alone is the same as build with a recipe", async () => {
  const run = await createTestRun();
  const args = [run.recipe, "-o", run.output, "--json"];
  const built = JSON.parse(await vectors(...args));
  expect(built).toMatchObject([{ class: "negative" }, { class: "positive" }]);
  expect(JSON.parse(await vectors("build", ...args))).toEqual(built);
  expect(await vectors("build", run.recipe, "-o", run.output)).toMatch(
    /mean-difference towards negative .*\n +layer +0: mean residual norm \d/,
  );
});

test.each([
  ["add", [], (x: string, y: string) => [x, y], [1, 1]],
  ["add", ["--weights", "-1,0.5"], (x: string, y: string) => [x, y], [-1, 0.5]],
  ["add", ["--weights", "1,2,-3"], (x: string, y: string) => [x, y, x], [1, 2, -3]],
  ["subtract", [], (x: string, y: string) => [x, y], [1, -1]],
  ["scale", ["-1.5"], (x: string) => [x], [-1.5]],
])("%s %j writes what the library computes", async (command, args, files, weights) => {
  const operands = files(a, b);
  const shown = JSON.parse(await vectors(command, ...operands, ...args, "-o", out, "--json"));
  const wanted = combineVectors(
    operands.map((file) => readSteeringVector(file)),
    { weights, labels: operands.map((file) => (file === a ? "a.gguf" : "b.gguf")) },
  );
  expect(readSteeringVector(out)).toStrictEqual(wanted);
  expect(shown).toMatchObject({ file: out, method: "combined", origin: wanted.origin });
  expect(shown.layers).toHaveLength(wanted.layers.length);
});

test("project-out and orthogonalise write what the library computes", async () => {
  const labels = ["a.gguf", "b.gguf"];
  const operands = [readSteeringVector(a), readSteeringVector(b)];
  expect(await vectors("project-out", a, b, "-o", out)).toMatch(/combined: a\.gguf without b\.gguf\n/);
  expect(readSteeringVector(out)).toStrictEqual(projectOut(operands[0]!, [operands[1]!], { labels }));
  const set = join(folder, "deep", "set");
  await vectors("orthogonalize", a, b, "-o", set);
  expect(labels.map((label) => readSteeringVector(join(set, label)))).toStrictEqual(
    orthogonalise(operands, { labels }),
  );
});

test("orthogonalise keeps apart vectors that are called the same", async () => {
  const other = join(folder, "other");
  await mkdir(other);
  await cp(b, join(other, "A.gguf"));
  const shown = JSON.parse(await vectors("orthogonalise", a, join(other, "A.gguf"), "-o", other, "--json"));
  expect(shown.map(({ file }: { file: string }) => file)).toEqual([
    join(other, "a.gguf"),
    join(other, "A-2.gguf"),
  ]);
});

test("import keeps lengths, takes names, and checks the model", async () => {
  const text = await vectors("import", a, "-o", out, "--class", "happy", "--language", "en");
  expect(text).toMatch(/imported: a\.gguf\n +layer +0: mean residual norm unknown, length 3\.226\n/);
  expect(readSteeringVector(out)).toMatchObject({ class: "happy", language: "en", method: "imported" });
  await expectFailure(["import", out, "-o", `${out}2`], 1, /of Tiller already/);
  const model = join(folder, "model.gguf");
  await writeTinyModel(model);
  await expectFailure(
    ["import", a, "-o", `${out}2`, "--model", `file:${model}`],
    1,
    /has 6 dimensions, and the loaded model \d+/,
  );
  await expectFailure(["import", model, "-o", `${out}2`], 1, /no control vector but llama/);
});

test("no file is overwritten without --force", async () => {
  const before = await readFile(b);
  for (const [command, ...args] of [
    ["import", a],
    ["add", a, a],
    ["subtract", a, b],
    ["scale", a, "2"],
    ["project-out", a, b],
  ]) {
    await expectFailure([command!, ...args, "-o", b], 2, /b\.gguf exists already.*--force/);
  }
  await expectFailure(["orthogonalise", a, b, "-o", folder], 2, /a\.gguf exists already/);
  const link = join(folder, "link.gguf");
  await symlink(join(folder, "nowhere"), link);
  await expectFailure(["scale", a, "2", "-o", link], 2, /exists already/);
  expect(await readFile(b)).toEqual(before);
  // An operand may be its own result.
  await vectors("add", a, b, "-o", b, "--force");
  expect(readSteeringVector(b).origin).toBe("a.gguf + b.gguf");
});

test("hostile file names come through, and nothing of them reaches the terminal's controls from a file", async () => {
  const hostile = join(folder, "-x\u001b[2J\n$(date) ž.gguf");
  await cp(a, hostile);
  await vectors("scale", hostile, "2", "-o", out);
  expect(readSteeringVector(out).origin).toBe("2 * -x\uFFFD[2J\uFFFD$(date) ž.gguf");
  const output = join(folder, "--force");
  await vectors("scale", hostile, "2", `--output=${output}`);
  expect(await readdir(folder)).toContain("--force");
});

test("a recipe of guidance alone has no vectors", async () => {
  const guidance = { preset: "negative-prompt", eta: 0.5, negatives: { texts: ["One text.", "Another."] } };
  const run = await createTestRun({ steering: undefined, guidance });
  await expectFailure([run.recipe, "-o", run.output], 2, /^steering: the recipe has guidance alone/);
});

test("errors are plain", async () => {
  await expectFailure(["ad", a, b], 2, /takes one recipe, and has no command ad\. See tiller vectors --help/);
  await expectFailure([], 2, /missing required argument 'recipe'/);
  await expectFailure(["add", a, "-o", out], 2, /missing required argument 'others'/);
  await expectFailure(["add", a, b], 2, /required option '-o/);
  await expectFailure(["add", a, b, "--weights", "1", "-o", out], 2, /one weight.*2 vectors; found 1/);
  await expectFailure(["add", a, b, "--weights", "1,,", "-o", out], 2, /--weights: "" is not a number/);
  await expectFailure(["scale", a, "lots", "-o", out], 2, /"lots" is not a number/);
  await expectFailure(["subtract", a, a, "-o", out], 2, /a\.gguf - a\.gguf is zero at layer 0/);
  await expectFailure(["add", a, join(folder, "none.gguf"), "-o", out], 1, /no such file/);
  await expectFailure(["add", a, folder, "-o", out], 1, /is a folder/);
  await expectFailure(["scale", a, "2", "-o", join(folder, "no", "x")], 1, /its folder does not exist/);
  await expectFailure(["scale", a, "2", "-o", folder, "--force"], 1, /cannot be written: it is a folder/);
  await expectFailure(["orthogonalise", a, b, "-o", join(a, "x")], 1, /a part of its path is a file/);
  await expectFailure(["scale", a, "2", "-o", join(folder, "x".repeat(300))], 1, /its name is too long/);
  expect((await readdir(folder)).sort()).toEqual(["a.gguf", "b.gguf"]);
});

test.each(COMMANDS)("help of %s has an example", async (command) => {
  expect(await vectors(command, "--help")).toMatch(/Example:\n {2}\$ tiller vectors /);
});
