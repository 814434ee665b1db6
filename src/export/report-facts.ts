import { z } from "zod";

/** What a data set's card takes from a run's `report.json`. JSON has no NaN: such a number is null there. */

const number = z.number().nullish();
const value = z.object({ value: number, low: number, high: number });

export const reportFactsSchema = z.object({
  verdict: z.string(),
  arms: z.array(
    z.object({
      configuration: z.string(),
      kept: z.number(),
      score: z.object({ success: number, coherence: number, diversity: number, harmonic: number }).nullish(),
      measures: z
        .object({
          judge: z.string().nullish(),
          encoder: z.string().nullish(),
          cells: z
            .array(
              z.object({
                language: z.string(),
                label: z.string().nullish(),
                texts: z.number(),
                success: value,
                coherence: value,
                diversity: value,
                harmonic: value,
              }),
            )
            .default([]),
        })
        .nullish(),
      classifier: z.object({ mean: number, sd: number, values: z.array(number) }).nullish(),
    }),
  ),
});

export type ReportFacts = z.output<typeof reportFactsSchema>;
export type ReportedArm = ReportFacts["arms"][number];
