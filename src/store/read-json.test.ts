import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { readJson } from "./read-json.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-json-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const schema = z.object({ chosen: z.object({ layer: z.int() }) });

describe("readJson", () => {
  it("reads what has the shape", async () => {
    await writeFile(join(folder, "a.json"), '{"chosen":{"layer":3}}');
    expect(await readJson(join(folder, "a.json"), schema)).toEqual({ chosen: { layer: 3 } });
  });

  it.each([
    ["", /a\.json is damaged: it is not JSON/],
    ['{"chosen":', /a\.json is damaged: it is not JSON/],
    ['{"chosen":{"layer":"3"}}', /a\.json is damaged: chosen\.layer: /],
    ["null", /a\.json is damaged: /],
  ])("names the file and the key of %j", async (text, message) => {
    await writeFile(join(folder, "a.json"), text);
    await expect(readJson(join(folder, "a.json"), schema)).rejects.toThrow(message);
  });

  it("says that a file is missing", async () => {
    await expect(readJson(join(folder, "b.json"), schema)).rejects.toThrow(/read .*b\.json: ENOENT/);
  });
});
