import { dirname, join } from "node:path";
import { negativesOf } from "../recipe/guidance-schema.js";
import type { Recipe } from "../recipe/schema.js";
import type { Journal } from "../store/journal.js";
import type { Sample } from "../store/sample.js";
import { recordWriter } from "../store/writers.js";
import type { Configuration } from "./configuration.js";
import { createFilters, type Filters } from "./filters.js";
import { type Item, runJob, type Workshop } from "./job.js";
import { JUDGEMENTS_FILE, openModelChecks } from "./model-checks.js";
import { demonstrationsOf, promptText } from "./prompt-book.js";
import { type KeyCount, shortfall } from "./shortfall.js";
import { callsMade, isHopeless, rowsOf } from "./writing-key.js";

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
  /** Called once for a key that ends early because the filters drop all that it writes. */
  readonly onHopeless?: (count: KeyCount) => void;
}

/** Calls of a job for each sequence: enough that short texts make room for others. */
const JOB_WAVES = 2;
/** A smaller batch takes as long as this one. */
const SMALLEST_JOB = 8;

/**
 * The next calls to be made for an order, at most `most`. This depends on the rows alone, so that a resumed
 * run cuts the same jobs as an uninterrupted one.
 *
 * Call number c of a key has the indices from c · `perCall` on, whether or not it gave as many texts; `limit` counts
 * these places, and so an order ends whatever the calls give. Of an order by `kept`, a key ends too when it is hopeless.
 *
 * @param least calls that an order by `kept` that misses any makes, if its limit allows: what replaces dropped texts may be
 *   dropped too.
 */
export function nextItems(
  rows: readonly Sample[],
  order: Order,
  task: { readonly languages: readonly string[]; readonly labels: readonly string[] },
  most: number,
  perCall = 1,
  least = 0,
): Item[] {
  const { configuration } = order;
  const calls = (texts: number) => Math.ceil(Math.max(0, texts) / perCall);
  const keys = task.languages.flatMap((language) => task.labels.map((label) => ({ language, label })));
  const written = rows.filter((row) => row.configuration === configuration.name);
  const needs = keys.map(({ language, label }) => {
    const own = rowsOf(written, { configuration: configuration.name, language, label });
    const made = callsMade(own, perCall);
    const there =
      order.counts === "written" ? made * perCall : own.filter((row) => row.filters.length === 0).length;
    const left = order.counts === "kept" && isHopeless(own) ? 0 : calls(order.limit - made * perCall);
    const missing = Math.min(left, calls(order.wanted - there));
    return { language, label, next: made, missing, open: missing === 0 ? 0 : left };
  });
  const total = needs.reduce((sum, need) => sum + need.missing, 0);
  const spare = order.counts === "kept" && total > 0 ? Math.max(0, least - total) : 0;
  const needy = needs.filter((need) => need.missing > 0);
  for (let i = 0; i < spare; i++) {
    const need = needy[i % needy.length]!;
    need.missing = Math.min(need.open, need.missing + 1);
  }
  return needs
    .flatMap(({ language, label, next, missing }) =>
      Array.from({ length: missing }, (_, i) => ({
        configuration,
        language,
        label,
        index: (next + i) * perCall,
      })),
    )
    .slice(0, most);
}

/** True if nothing is to be written for an order any more. */
export function isWritten(
  rows: readonly Sample[],
  order: Order,
  { task, samples }: Pick<Recipe, "task" | "samples">,
): boolean {
  return nextItems(rows, order, task, 1, samples.perCall).length === 0;
}

/**
 * Writes what the orders ask for, job by job, into the journal; what is there already is not written again.
 * Orders share their jobs, so that many configurations fill the batches, unless one learns from its own earlier texts.
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
  const { perCall } = recipe.samples;
  const most = JOB_WAVES * recipe.model.sequences;
  const told = new Set<string>();
  const next = (rows: readonly Sample[]) =>
    orders.map((order) => ({ order, items: nextItems(rows, order, recipe.task, most, perCall) }));
  if (next(journal.rows()).every(({ items }) => items.length === 0)) return true;
  const filtersOf = createFiltersOf(workshop, journal.rows(), options.identify);
  const folder = dirname(journal.path);
  const checks = await openModelChecks(workshop.engine, recipe, {
    cacheFile: join(folder, JUDGEMENTS_FILE),
    judge: workshop.judge,
  });
  const equipped = checks ? { ...workshop, checks } : workshop;
  try {
    await recordWriter(folder, journal.rows().length, workshop.engine.info);
    for (;;) {
      const rows = journal.rows();
      const open = next(rows);
      tellHopeless(rows, orders, recipe, told, options.onHopeless);
      const first = open.find(({ items }) => items.length > 0);
      if (!first) return true;
      if (options.stopping?.()) return false;
      const shares = ({ order }: (typeof open)[number]) => !seesEarlier(recipe, order.configuration);
      const shared = shares(first) ? open.filter(shares) : [first];
      const asked = shared.flatMap(({ items }) => items);
      const least = first.items.length + Math.max(0, SMALLEST_JOB - asked.length);
      const enough = nextItems(rows, first.order, recipe.task, most, perCall, least);
      const job = [...enough, ...asked.slice(first.items.length)].slice(0, most);
      await journal.append(await runJob(equipped, job, rows, filtersOf, options.signal, options.onText));
    }
  } finally {
    await checks?.close();
  }
}

/** Keys that miss texts and get no more, each told once. */
function tellHopeless(
  rows: readonly Sample[],
  orders: readonly Order[],
  recipe: Recipe,
  told: Set<string>,
  onHopeless: WriteOptions["onHopeless"],
): void {
  const names = orders
    .filter(({ counts }) => counts === "kept")
    .map(({ configuration }) => configuration.name);
  for (const count of onHopeless ? shortfall(rows, recipe, names) : []) {
    const { configuration, language, label, ended } = count;
    const key = JSON.stringify([configuration, language, label]);
    if (ended !== "hopeless" || told.has(key)) continue;
    told.add(key);
    onHopeless?.(count);
  }
}

/**
 * True if a configuration's texts depend on which of its own texts earlier jobs have written: its jobs must then be cut
 * alike whatever else is in the sweep.
 */
function seesEarlier({ guidance }: Recipe, configuration: Configuration): boolean {
  return (configuration.guidance?.eta ?? 0) > 0 && guidance !== undefined && negativesOf(guidance).accepted;
}

/**
 * The filters of each configuration, which know the texts that it has had accepted in `rows`. A copied demonstration
 * is an echo too.
 */
export function createFiltersOf(
  { recipe, prompts, human, identifier }: Pick<Workshop, "recipe" | "prompts" | "human" | "identifier">,
  rows: readonly Sample[],
  identify: WriteOptions["identify"],
): (configuration: Configuration) => Filters {
  const made = new Map<string, Filters>();
  return (configuration) => {
    const known = made.get(configuration.name);
    if (known) return known;
    const { languages, labels } = recipe.task;
    const ofEach = <T>(from: (language: string, label: string) => T): T[] =>
      languages.flatMap((language) => labels.map((label) => from(language, label)));
    const shown = human && configuration.prompting === "few-shot" ? human.demonstrations : [];
    const filters = createFilters({
      ...recipe.filters,
      identify,
      identifier,
      prompts: ofEach((language, label) => promptText(prompts(configuration.prompting, language, label))),
      demonstrations:
        shown.length === 0
          ? []
          : ofEach((language, label) => demonstrationsOf(recipe, shown, language, label)).flat(),
      real: human?.real ?? [],
    });
    for (const row of rows) {
      if (row.configuration === configuration.name && row.filters.length === 0) filters.accept(row.text, row);
    }
    made.set(configuration.name, filters);
    return filters;
  };
}
