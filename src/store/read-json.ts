import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { StoreError } from "../errors.js";
import { storeError } from "./failure.js";

/**
 * Reads a JSON file and checks its shape.
 *
 * @param remedy what to do about a damaged file, as a sentence
 * @throws StoreError naming the file, when it is missing, is not JSON, or has another shape (with the key)
 */
export async function readJson<T>(
  path: string,
  schema: z.ZodType<T>,
  remedy = "Restore it from a copy, or delete it to have it made again.",
): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw storeError(error, `read ${path}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StoreError(`${path} is damaged: it is not JSON (${(error as Error).message}). ${remedy}`, {
      cause: error,
    });
  }
  const checked = schema.safeParse(value);
  if (!checked.success) {
    throw new StoreError(`${path} is damaged: ${firstIssue(checked.error)}. ${remedy}`);
  }
  return checked.data;
}

/** The first thing that a schema found wrong, with its key: `files.a: expected string`. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "it has another shape";
  const key = issue.path.join(".");
  return key === "" ? issue.message : `${key}: ${issue.message}`;
}
