import { negativesOf } from "../recipe/guidance-schema.js";
import type { Recipe } from "../recipe/schema.js";
import type { Journal } from "../store/journal.js";
import type { Sample } from "../store/sample.js";
import type { Configuration } from "./configuration.js";
import { createFilters, type Filters } from "./filters.js";
import { type Item, runJob, type Workshop } from "./job.js";
import { promptText } from "./prompt-book.js";

/** How many texts a configuration is to have for each label and language. */
export interface Order {
  readonly configuration: Configuration;
  /** `written`: so many texts, whatever the filters say. `kept`: so many that pass, within `limit` written. */
  readonly counts: "written" | "kept";
  readonly wanted: number;
  /** Texts written at most, for each label and language. */
  readonly limit: number;
}

export interface WriteOptions {
  /** True if the text is in the language. */
  readonly identify: (text: string, language: string) => boolean;
  /** Asked between jobs: true ends the work there, with everything written so far kept. */
  readonly stopping?: () => boolean;
  readonly signal?: AbortSignal;
  /** Called as texts end; negative when a crashed job begins again. */
  readonly onText?: (texts: number, tokens: number) => void;
}

/** Texts of a job for each sequence: enough that short texts make room for others. */
const JOB_WAVES = 2;
/** A smaller batch takes as long as this one. */
const SMALLEST_JOB = 8;

/**
 * The next texts to be written for an order, at most `most`. This depends on the rows alone, so that a resumed
 * run cuts the same jobs as an uninterrupted one.
 */
export function nextItems(
  rows: readonly Sample[],
  order: Order,
  task: { readonly languages: readonly string[]; readonly labels: readonly string[] },
  most: number,
): Item[] {
  const { configuration } = order;
  const keys = task.languages.flatMap((language) => task.labels.map((label) => ({ language, label })));
  const needs = keys.map(({ language, label }) => {
    const own = rows.filter((row) => isOf(row, configuration.name, language, label));
    const counted = order.counts === "written" ? own : own.filter((row) => row.filters.length === 0);
    const open = Math.max(0, order.limit - own.length);
    const missing = Math.min(open, Math.max(0, order.wanted - counted.length));
    return { language, label, next: own.length, missing, open: missing === 0 ? 0 : open };
  });
  const total = needs.reduce((sum, need) => sum + need.missing, 0);
  // Texts that replace dropped ones may be dropped too: a batch that is not full asks for a few more.
  const spare = order.counts === "kept" && total > 0 ? Math.max(0, SMALLEST_JOB - total) : 0;
  const needy = needs.filter((need) => need.missing > 0);
  for (let i = 0; i < spare; i++) {
    const need = needy[i % needy.length]!;
    need.missing = Math.min(need.open, need.missing + 1);
  }
  return needs
    .flatMap(({ language, label, next, missing }) =>
      Array.from({ length: missing }, (_, i) => ({ configuration, language, label, index: next + i })),
    )
    .slice(0, most);
}

function isOf(row: Sample, configuration: string, language: string, label: string): boolean {
  return row.configuration === configuration && row.language === language && row.label === label;
}

/**
 * Writes what the orders ask for, job by job, into the journal; what is there already is not written again.
 * Orders by `written` share their jobs, so that a pilot of many configurations fills its batches, unless a
 * configuration learns from its own earlier texts.
 * Returns false if it was asked to stop before the end.
 *
 * @throws StoreError, EngineError, InterruptedError; the jobs before stay in the journal
 */
export async function writeSamples(
  workshop: Workshop,
  journal: Journal,
  orders: readonly Order[],
  options: WriteOptions,
): Promise<boolean> {
  const { recipe } = workshop;
  const most = JOB_WAVES * recipe.model.sequences;
  const filters = new Map<string, Filters>();
  const filtersOf = (configuration: Configuration) => {
    const known =
      filters.get(configuration.name) ??
      createConfigurationFilters(workshop, journal, configuration, options);
    filters.set(configuration.name, known);
    return known;
  };
  for (;;) {
    const rows = journal.rows();
    const open = orders.map((order) => ({ order, items: nextItems(rows, order, recipe.task, most) }));
    const first = open.find(({ items }) => items.length > 0);
    if (!first) return true;
    if (options.stopping?.()) return false;
    const shares = ({ order }: (typeof open)[number]) =>
      order.counts === "written" && !seesEarlier(recipe, order.configuration);
    const shared = shares(first) ? open.filter(shares) : [first];
    const job = shared.flatMap(({ items }) => items).slice(0, most);
    await journal.append(await runJob(workshop, job, rows, filtersOf, options.signal, options.onText));
  }
}

/**
 * True if a configuration's texts depend on which of its own texts earlier jobs have written: its jobs must then be cut
 * alike whatever else is in the sweep.
 */
function seesEarlier({ guidance }: Recipe, configuration: Configuration): boolean {
  return (configuration.guidance?.eta ?? 0) > 0 && guidance !== undefined && negativesOf(guidance).accepted;
}

/** Filters of a configuration that know the texts it has had accepted. A copied demonstration is an echo too. */
function createConfigurationFilters(
  { recipe, prompts }: Workshop,
  journal: Journal,
  configuration: Configuration,
  { identify }: WriteOptions,
): Filters {
  const instructions = recipe.task.languages.flatMap((language) =>
    recipe.task.labels.map((label) => promptText(prompts(configuration.prompting, language, label))),
  );
  const filters = createFilters({ ...recipe.filters, identify, prompts: instructions });
  for (const row of journal.rows()) {
    if (row.configuration === configuration.name && row.filters.length === 0) filters.accept(row.text);
  }
  return filters;
}
