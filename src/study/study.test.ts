import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recipeOf } from "./study.js";

test("the folder of a matrix's variants says which runs are in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-variants-"));
  await expect(recipeOf(folder)).rejects.toThrow(/run folder/);
  for (const name of ["small.polite", "small.rude", "notes"]) await mkdir(join(folder, name));
  for (const name of ["small.polite", "small.rude"]) await writeFile(join(folder, name, "run.json"), "{}");
  await expect(recipeOf(folder)).rejects.toThrow(
    `${folder} is no run folder itself; these in it are: small.polite, small.rude. Name one, such as ${join(folder, "small.polite")}, or the recipe`,
  );
});
