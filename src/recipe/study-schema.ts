import { z } from "zod";

/** The recipe's key `study`: how the sweep is searched, and how much of it becomes data sets. */

export const studySchema = z
  .strictObject({
    search: z
      .enum(["grid", "random", "halving"])
      .default("halving")
      .describe(
        "grid: the whole sweep; random: some of it; halving: few texts of all, then more texts of the best (successive halving).",
      ),
    configurations: z
      .int()
      .min(2)
      .optional()
      .describe("How many configurations of the sweep are drawn; for search: random."),
    keep: z
      .number()
      .min(0.1)
      .max(0.9)
      .default(1 / 3)
      .describe("Share of the configurations that goes on after each round of halving."),
    rounds: z
      .int()
      .min(1)
      .max(6)
      .default(3)
      .describe(
        "Rounds of halving; the last one has samples.pilotPerLabel texts, earlier ones `keep` of the next.",
      ),
    best: z
      .union([z.literal("all"), z.int().min(1).max(1000)])
      .default(3)
      .describe("How many configurations, the best first, get a data set and a classifier; or all."),
    budget: z
      .strictObject({
        texts: z.int().min(1).optional().describe("Texts written at most."),
        tokens: z.int().min(1).optional().describe("Tokens written at most."),
        minutes: z.number().gt(0).optional().describe("Minutes of work at most, over all sittings."),
      })
      .optional()
      .describe(
        "What the study may cost. Looked at before each round of the search, and before the data sets.",
      ),
  })
  .describe("Searches the sweep and compares several configurations downstream.");

export type RecipeStudy = z.output<typeof studySchema>;
