/** For tests: a folder for sources, and what reading one fails with. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { TillerError } from "../errors.js";

/** A folder that is removed after the tests of the file. `write` gives the absolute path of what it writes. */
export function sourceFolder(): {
  readonly folder: string;
  write(name: string, content: string | Uint8Array): string;
} {
  const folder = mkdtempSync(join(tmpdir(), "tiller-data-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  return {
    folder,
    write(name, content) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
  };
}

/** The message that work fails with, which must be for a person. */
export async function failureOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof TillerError) return error.message;
    throw error;
  }
  throw new Error("It should have failed.");
}
