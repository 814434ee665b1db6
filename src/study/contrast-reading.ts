import type { Engine, ReadText } from "../engine/engine.js";
import type { Selection } from "../engine/selection.js";
import type { RecipeSelection, Steering } from "../recipe/steering-schema.js";
import { resolveSelection } from "./resolve-selection.js";

/** How a recipe's contrast texts are read, and which of their rows make the vectors. */

type Reading = Pick<Steering, "read" | "pooling">;

/** A contrast text as it stands, or as the model's answer to the recipe's prompt (teacher forcing). */
export function readTextOf({ read }: Reading, text: string): ReadText {
  if (read === "raw") return text;
  return { prompt: [{ role: "user", content: read.answerTo }], answer: text };
}

/**
 * Rows that are pooled; undefined for all of them. `last` and `answer` are both a text's last token; the second says
 * that it is one of an answer, as in CAA (arXiv 2312.06681), whose answers end in the letter that was chosen.
 */
export function pooledRows({ read, pooling }: Reading): RecipeSelection | undefined {
  if (typeof pooling === "object") return pooling;
  const answer = read === "raw" ? {} : { phase: "generated" as const };
  if (pooling === "mean") return read === "raw" ? undefined : answer;
  return { ...answer, include: [{ anchor: "end", from: -1 }] };
}

/** The same in a vector file's words; undefined for what a vector file says by itself. */
export function pooledPositions(steering: Reading): string | undefined {
  const { read, pooling } = steering;
  const prompt = read === "raw" ? "" : ` as an answer to ${JSON.stringify(read.answerTo)}`;
  if (typeof pooling === "object") return `${JSON.stringify(pooling)}${prompt}`;
  if (pooling === "mean") return read === "raw" ? undefined : `answer${prompt}`;
  return `last${prompt}`;
}

/** The rows that are pooled, as the engine reads them. */
export async function poolingSelection(engine: Engine, steering: Reading): Promise<Selection | undefined> {
  const rows = pooledRows(steering);
  if (rows === undefined) return undefined;
  return resolveSelection(engine, rows, "steering.pooling");
}
