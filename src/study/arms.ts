import { type Configuration, describeConfiguration } from "../generate/configuration.js";
import { shortfall, shortfallText } from "../generate/shortfall.js";
import type { Order } from "../generate/write-samples.js";
import type { Recipe } from "../recipe/schema.js";
import { sourcesOf } from "../recipe/sweep-axes.js";
import { FILTER_NAMES, type FilterName, type Sample } from "../store/sample.js";

/** One side of the comparison: the texts that a configuration wrote, and the data set made of them. */
export interface Arm {
  /** `steered`, `guided`, `zero-shot` or `few-shot`. */
  readonly name: string;
  readonly title: string;
  readonly configuration: Configuration;
  /** Everything that was written. */
  readonly written: readonly Sample[];
  /** The data set: for each language and label the first accepted texts, as many as were asked for. */
  readonly rows: readonly Sample[];
}

/** `steered`, also where guidance is added; `guided` for guidance alone; a baseline's own name. */
export function armName({ name, steering, guidance }: Configuration): string {
  if (steering) return "steered";
  return guidance ? "guided" : name;
}

/**
 * The arms of a run: the chosen steering or guidance first, then the baselines, then what else a study compares, by
 * their configurations' names.
 *
 * @param best the chosen configuration and those that come after it.
 */
export function armsOf(
  recipe: Recipe,
  journal: readonly Sample[],
  baselines: readonly Configuration[],
  best: readonly Configuration[],
): Arm[] {
  const [chosen, ...others] = best;
  const configurations = [...(chosen ? [chosen] : []), ...baselines, ...others];
  return configurations.map((configuration) => {
    const written = journal.filter((row) => row.configuration === configuration.name);
    const title = describeConfiguration(configuration, { method: sourcesOf(recipe.steering).length > 1 });
    return {
      name: others.includes(configuration) ? configuration.name : armName(configuration),
      title: title[0]!.toUpperCase() + title.slice(1),
      configuration,
      written,
      rows: datasetRows(recipe, written),
    };
  });
}

/**
 * Names of the data sets that a comparison is about: of the chosen configuration, the baselines, and what they are set
 * beside. The other data sets of a study are not among them: one that came out small would make all draws small.
 */
export function essentialArms(
  arms: readonly Pick<Arm, "name" | "configuration">[],
  references: readonly { readonly name: string }[],
): string[] {
  const own = arms.filter(({ name, configuration }) => name === armName(configuration));
  return [...own, ...references].map(({ name }) => name);
}

function datasetRows({ task, samples }: Recipe, written: readonly Sample[]): Sample[] {
  return task.languages.flatMap((language) =>
    task.labels.flatMap((label) =>
      written
        .filter((row) => row.language === language && row.label === label && row.filters.length === 0)
        .slice(0, samples.perLabel),
    ),
  );
}

/** Orders for the data sets: accepted texts, with a bound on how many are written for them. */
export function armOrders({ samples }: Recipe, configurations: readonly Configuration[]): Order[] {
  return configurations.map((configuration) => ({
    configuration,
    counts: "kept",
    wanted: samples.perLabel,
    limit: Math.ceil(samples.perLabel * samples.attempts),
  }));
}

/** How many texts each filter dropped; one text can fail several. */
export function filterCounts(rows: readonly Sample[]): Record<FilterName, number> {
  const count = (name: FilterName) => rows.filter((row) => row.filters.includes(name)).length;
  return Object.fromEntries(FILTER_NAMES.map((name) => [name, count(name)])) as Record<FilterName, number>;
}

/** What is short of the order, in words, with the filters that dropped the others; empty if nothing is. */
export function shortfalls(recipe: Recipe, arms: readonly Arm[]): string[] {
  return arms.flatMap(({ title, configuration, written }) =>
    shortfall(written, recipe, [configuration.name]).map((count) =>
      shortfallText({ ...count, configuration: title }),
    ),
  );
}
