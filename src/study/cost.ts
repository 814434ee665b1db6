import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { modelHome } from "../models/home.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";

const costSchema = z.object({
  /** Of work, over all processes that took part in the run. */
  seconds: z.number(),
  /** Of those, seconds in which texts were written. */
  writingSeconds: z.number(),
  /** Tokens written in that time. */
  writtenTokens: z.number(),
  /** Of all seconds, those in which texts were scored: read by the model, measured and judged. */
  scoringSeconds: z.number().default(0),
});

export type Cost = z.infer<typeof costSchema>;

const NOTHING: Cost = { seconds: 0, writingSeconds: 0, writtenTokens: 0, scoringSeconds: 0 };

async function readOr<T>(path: string, schema: z.ZodType<T, unknown>, otherwise: T): Promise<T> {
  if (!existsSync(path)) return otherwise;
  try {
    return await readJson(path, schema);
  } catch (error) {
    // A note on time is not worth a stop.
    if (error instanceof StoreError) return otherwise;
    throw error;
  }
}

/** What a run has cost so far. */
export function readCost(path: string): Promise<Cost> {
  return readOr(path, costSchema, NOTHING);
}

/** Adds to what a run has cost. */
export async function addCost(path: string, more: Partial<Cost>): Promise<void> {
  const before = await readCost(path);
  const sum: Cost = {
    seconds: before.seconds + (more.seconds ?? 0),
    writingSeconds: before.writingSeconds + (more.writingSeconds ?? 0),
    writtenTokens: before.writtenTokens + (more.writtenTokens ?? 0),
    scoringSeconds: before.scoringSeconds + (more.scoringSeconds ?? 0),
  };
  await writeFileAtomic(path, `${JSON.stringify(sum, null, 2)}\n`);
}

const speedSchema = z.record(z.string(), z.number());
/** Fewer tokens than these say little of the speed. */
const TELLING_TOKENS = 1000;
const speedFile = () => join(modelHome(), "speeds.json");

/** Tokens a second that this machine wrote with a model the last time; undefined if it never has. */
export async function knownSpeed(modelSha256: string): Promise<number | undefined> {
  return (await readOr(speedFile(), speedSchema, {}))[modelSha256];
}

/** Remembers how fast a model writes on this machine, for the next estimate. */
export async function rememberSpeed(
  modelSha256: string,
  { writingSeconds, writtenTokens }: Pick<Cost, "writingSeconds" | "writtenTokens">,
): Promise<void> {
  if (writtenTokens < TELLING_TOKENS || writingSeconds <= 0) return;
  const speeds = await readOr(speedFile(), speedSchema, {});
  const speed = writtenTokens / writingSeconds;
  await writeFileAtomic(speedFile(), `${JSON.stringify({ ...speeds, [modelSha256]: speed })}\n`);
}
