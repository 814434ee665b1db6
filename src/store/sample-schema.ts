import { z } from "zod";
import { FILTER_NAMES, type Sample } from "./sample.js";

const name = z.string().min(1);
const count = z.int().min(0);

/** Checks a {@link Sample} that comes from a file. */
export const sampleSchema = z.strictObject({
  id: name,
  configuration: name,
  language: name,
  label: name,
  index: count,
  seed: count.max(0xffffffff),
  text: z.string(),
  tokens: count,
  finish: z.enum(["end", "stop", "length"]),
  place: count.optional(),
  selfCheck: z.number().min(0).max(1).optional(),
  judge: z.number().min(0).max(2).optional(),
  filters: z.array(z.enum(FILTER_NAMES)),
}) satisfies z.ZodType<Sample>;

/** A line of the journal: a sample, and on the last sample of a job `endsJob`. */
export const journalLineSchema = sampleSchema.extend({ endsJob: z.literal(true).optional() });
