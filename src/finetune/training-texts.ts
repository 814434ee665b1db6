import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ReadText } from "../engine/engine.js";
import { RecipeError } from "../errors.js";
import { seedFrom, shuffled } from "../random/seeded-random.js";

/** A text to learn whole, or a prompt to read and the answer to learn. */
export type TrainingText = ReadText;

const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
const lineSchema = z.union(
  [
    z.string(),
    z.object({ text: z.string() }),
    z.object({ prompt: z.union([z.string(), z.array(message).min(1)]), answer: z.string() }),
  ],
  { error: "expected a string, an object with text, or one with prompt and answer" },
);

/**
 * Training texts of a file: of `.jsonl` or `.ndjson` one JSON value a line, of any other one text a line. Empty
 * lines are left out.
 *
 * @param chat a prompt that is a string is what the user says, in the model's chat template; without, it is text
 * @throws RecipeError naming file and line
 */
export function readTrainingTexts(path: string, chat: boolean): TrainingText[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known = { ENOENT: "there is no such file", EISDIR: "it is a folder" } as Record<string, string>;
    const reason = known[code ?? ""] ?? message;
    throw new RecipeError(`The training data ${path} cannot be read: ${reason}.`, { cause: error });
  }
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw new RecipeError(
      `The training data ${path} is no text in UTF-8: give lines of text, or JSON Lines.`,
    );
  }
  // A document in JSON would be learned line by line, brackets and keys included.
  if (/\.json$/i.test(path)) {
    throw new RecipeError(`The training data ${path} is JSON: give JSON Lines (.jsonl), one value a line.`);
  }
  const content = bytes.toString("utf8");
  const isJson = /\.(jsonl|ndjson)$/i.test(path);
  const texts: TrainingText[] = [];
  for (const [index, line] of content
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const text = isJson ? parseLine(line, chat, `${path}, line ${index + 1}`) : line;
    const learned = typeof text === "string" ? text : (text.answer ?? "");
    if (learned.trim() === "")
      throw new RecipeError(`${path}, line ${index + 1}: there is nothing to learn.`);
    texts.push(text);
  }
  if (texts.length === 0) throw new RecipeError(`${path} holds no text.`);
  return texts;
}

function parseLine(line: string, chat: boolean, where: string): TrainingText {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new RecipeError(`${where} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  const checked = lineSchema.safeParse(value);
  if (!checked.success) throw new RecipeError(`${where}: ${checked.error.issues[0]!.message}.`);
  const { data } = checked;
  if (typeof data === "string") return data;
  if ("text" in data) return data.text;
  const { prompt, answer } = data;
  if (typeof prompt !== "string" || !chat) return { prompt, answer };
  return { prompt: [{ role: "user", content: prompt }], answer };
}

/** Training and held-out texts. No text is in both. */
export interface SplitTexts {
  readonly texts: readonly TrainingText[];
  readonly heldOut: readonly TrainingText[];
}

/**
 * Holds out a share of the texts, at least one. Equal texts go the same way.
 *
 * @throws RecipeError if nothing would be left on either side
 */
export function holdOut(texts: readonly TrainingText[], share: number, seed: number): SplitTexts {
  const groups = new Map<string, TrainingText[]>();
  for (const text of texts) {
    const key = JSON.stringify(text);
    const group = groups.get(key);
    if (group) group.push(text);
    else groups.set(key, [text]);
  }
  if (groups.size < 2) {
    throw new RecipeError(
      `There is one text alone, and some are needed to learn from and others to see whether it helped. ` +
        "Give more texts, or held-out ones in a file of their own with --held-out.",
    );
  }
  const count = Math.min(groups.size - 1, Math.max(1, Math.round(share * groups.size)));
  const chosen = new Set(shuffled([...groups.keys()], seedFrom(seed, "held-out")).slice(0, count));
  const isHeldOut = (text: TrainingText) => chosen.has(JSON.stringify(text));
  return { texts: texts.filter((text) => !isHeldOut(text)), heldOut: texts.filter(isHeldOut) };
}

/** @throws RecipeError if a held-out text is also a training text: its loss would say nothing. */
export function refuseLeak({ texts, heldOut }: SplitTexts): void {
  const seen = new Set(texts.map((text) => JSON.stringify(text)));
  const leaked = heldOut.filter((text) => seen.has(JSON.stringify(text)));
  if (leaked.length === 0) return;
  throw new RecipeError(
    `${leaked.length} of the ${heldOut.length} held-out texts are in the training data too, the first being ` +
      `${JSON.stringify(leaked[0]).slice(0, 80)}. Take them out of one of the two.`,
  );
}

/** Hex sha256 of texts, to know them again. */
export function textsSha256(texts: readonly TrainingText[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}
