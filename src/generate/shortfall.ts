import type { Recipe } from "../recipe/schema.js";
import { FILTER_NAMES, type FilterName, type Sample } from "../store/sample.js";
import { callsMade, HOPELESS_TEXTS, isHopeless, rowsOf, type WritingKey } from "./writing-key.js";

/** How a configuration's texts of one label in one language came out. */
export interface KeyCount extends WritingKey {
  /** Accepted texts that were asked for. */
  readonly asked: number;
  readonly written: number;
  /** Texts that passed the filters, at most `asked`. */
  readonly kept: number;
  /** How many written texts each filter dropped, in the filters' order; one text can fail several. */
  readonly dropped: readonly { readonly filter: FilterName; readonly texts: number }[];
  /**
   * `enough`: as many as were asked for. `hopeless`: the last {@link HOPELESS_TEXTS} were all dropped. `limit`:
   * `samples.attempts` is used up. `open`: the same command writes more.
   */
  readonly ended: "enough" | "hopeless" | "limit" | "open";
}

/** The counts of every label in every language, for configurations whose texts make a data set. */
export function keyCounts(
  rows: readonly Sample[],
  { task, samples }: Pick<Recipe, "task" | "samples">,
  configurations: readonly string[],
): KeyCount[] {
  const keys = configurations.flatMap((configuration) =>
    task.languages.flatMap((language) => task.labels.map((label) => ({ configuration, language, label }))),
  );
  return keys.map((key) => {
    const own = rowsOf(rows, key);
    const passed = own.filter((row) => row.filters.length === 0).length;
    return {
      ...key,
      asked: samples.perLabel,
      written: own.length,
      kept: Math.min(passed, samples.perLabel),
      dropped: FILTER_NAMES.map((filter) => ({
        filter,
        texts: own.filter((row) => row.filters.includes(filter)).length,
      })).filter(({ texts }) => texts > 0),
      ended: endOf(own, passed, samples),
    };
  });
}

function endOf(own: readonly Sample[], passed: number, samples: Recipe["samples"]): KeyCount["ended"] {
  const { perLabel, attempts, perCall } = samples;
  if (passed >= perLabel) return "enough";
  if (isHopeless(own)) return "hopeless";
  return callsMade(own, perCall) * perCall >= Math.ceil(perLabel * attempts) ? "limit" : "open";
}

/** The counts of those keys that have fewer texts than were asked for; empty if nothing is short. */
export function shortfall(
  rows: readonly Sample[],
  recipe: Pick<Recipe, "task" | "samples">,
  configurations: readonly string[],
): KeyCount[] {
  return keyCounts(rows, recipe, configurations).filter(({ kept, asked }) => kept < asked);
}

const ENDS: Readonly<Record<KeyCount["ended"], string>> = {
  enough: "",
  hopeless: ` Every one of the last ${HOPELESS_TEXTS} was dropped, so no more were tried.`,
  limit: " samples.attempts allows no more.",
  open: " The same command writes more.",
};

/** `zero-shot: 31 of 50 texts for positive in sl, of 100 written; dropped: language 60, short 12.` and why it ended. */
export function shortfallText({
  configuration,
  language,
  label,
  asked,
  written,
  kept,
  dropped,
  ended,
}: KeyCount): string {
  const filters = dropped.map(({ filter, texts }) => `${filter} ${texts}`).join(", ");
  return (
    `${configuration}: ${kept} of ${asked} texts for ${label} in ${language}, of ${written} written` +
    `${filters === "" ? "" : `; dropped: ${filters}`}.${ENDS[ended]}`
  );
}
