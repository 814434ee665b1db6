import { z } from "zod";

/** What `true` means for a filter that has a threshold. */
export const FILTER_THRESHOLDS = {
  codeMixing: 0.3,
  nearDuplicates: 0.8,
  copiedDemonstrations: 0.5,
  memorised: 0.8,
} as const;

const switchOrShare = z.union([z.boolean(), z.number().gt(0).max(1)]);

/** Filters of a text that the format got later: recipes that leave them out keep their fingerprint. */
export const laterFilters = {
  maxCharacters: z
    .union([z.literal(false), z.int().min(1)])
    .default(false)
    .describe("Drop texts with more characters (as a reader counts them); false is off."),
  templateResidue: z
    .boolean()
    .default(true)
    .describe(
      "Drop texts with something left of the chat or template: marks, slots, Markdown, 'Sure, here is …'.",
    ),
  codeMixing: switchOrShare
    .default(false)
    .describe("Drop texts of whose sentences more than this share is in another language; true is 0.3."),
  duplicates: z
    .boolean()
    .default(true)
    .describe(
      "Drop texts that an earlier text of the configuration equals but for case, spaces and outer marks.",
    ),
  nearDuplicates: switchOrShare
    .default(true)
    .describe(
      "Drop texts that share this much of their character n-grams (Jaccard) with an earlier one of the configuration and language; true is 0.8.",
    ),
  copiedDemonstrations: switchOrShare
    .default(true)
    .describe(
      "Drop few-shot texts that share this much of the smaller one's character n-grams with a demonstration, or 20 words in a row; true is 0.5.",
    ),
  memorised: switchOrShare
    .default(true)
    .describe(
      "Drop texts that share this much of the smaller one's character n-grams with a contrast, demonstration, training or test text, or 20 words in a row; true is 0.8.",
    ),
};

const defaults = z.object(laterFilters).parse({});

/** A filter's threshold, with `true` for its usual one; undefined if it is off. */
export function filterThreshold(
  filter: keyof typeof FILTER_THRESHOLDS,
  value: boolean | number | undefined,
): number | undefined {
  if (typeof value === "number") return value;
  return value ? FILTER_THRESHOLDS[filter] : undefined;
}

/** The filters without those that the format got later and that are as if they were left out. */
export function withoutLaterFilters<T extends Readonly<Record<string, unknown>>>(filters: T): Partial<T> {
  const kept = Object.entries(filters).filter(([key, value]) => {
    if (!Object.hasOwn(defaults, key)) return true;
    const usual = defaults[key as keyof typeof defaults];
    const threshold = (FILTER_THRESHOLDS as Readonly<Record<string, number>>)[key];
    return value !== usual && !(usual === true && value === threshold);
  });
  return Object.fromEntries(kept) as Partial<T>;
}
