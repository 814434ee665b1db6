import type { Completion, Engine } from "../engine/engine.js";
import type { Guidance } from "../engine/guidance.js";
import type { Intervention } from "../engine/intervention.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import type { Judge } from "../judge/judge.js";
import type { Identifier } from "../language/identify.js";
import { seedFrom } from "../random/seeded-random.js";
import type { Recipe } from "../recipe/schema.js";
import type { Sample } from "../store/sample.js";
import type { LabelledText } from "../tasks/labelled-text.js";
import { callForm, textsOfCall } from "./call-texts.js";
import type { Configuration } from "./configuration.js";
import type { Filters } from "./filters.js";
import type { ModelChecks } from "./model-checks.js";
import type { PromptBook } from "./prompt-book.js";

/** One call of the model that is to be made. */
export interface Item {
  readonly configuration: Configuration;
  readonly language: string;
  readonly label: string;
  /** Of the call's first text: a multiple of `samples.perCall`. The texts of the call have the indices from there on. */
  readonly index: number;
}

/** Texts that people wrote. */
export interface HumanMaterial {
  /** Those that few-shot prompts are made with. */
  readonly demonstrations: readonly LabelledText[];
  /** All that the run has of its own: contrast texts, demonstrations, training and test texts. An array that does not change. */
  readonly real: readonly string[];
}

/** What a job needs to be carried out. */
export interface Workshop {
  readonly engine: Engine;
  readonly recipe: Recipe;
  readonly prompts: PromptBook;
  /** What is done to the residual stream while a configuration writes a label in a language. */
  readonly interventions: (configuration: Configuration, language: string, label: string) => Intervention[];
  /**
   * How the next tokens of a job's items are drawn, for each item in their order; undefined where the model draws
   * alone. Items that have the same share the object. `rows` are the texts of earlier jobs. Left out, nothing is
   * guided.
   */
  readonly guidance?:
    | ((items: readonly Item[], rows: readonly Sample[]) => Promise<readonly (Guidance | undefined)[]>)
    | undefined;
  /** What people wrote, which no text may copy; left out, none is compared. */
  readonly human?: HumanMaterial | undefined;
  /** Needed if the recipe has a filter of mixed languages. */
  readonly identifier?: Identifier | undefined;
  /** In place of the recipe's judge, for the filters. */
  readonly judge?: Judge | undefined;
  /** Filters that ask a model; left out, none is asked. */
  readonly checks?: ModelChecks | undefined;
}

/** Of a call. Depends on the recipe's seed and on which texts the call is for, and on nothing else. */
export function sampleSeed(recipe: Recipe, { configuration, language, label, index }: Item): number {
  return seedFrom(recipe.seed, configuration.name, language, label, index);
}

/**
 * The calls that wrote a job's rows, in their order: with the same earlier rows, they are the job again.
 * @throws RangeError if `find` does not know a row's configuration
 */
export function itemsOf(
  job: readonly Sample[],
  perCall: number,
  find: (name: string) => Configuration | undefined,
): Item[] {
  const items = new Map<string, Item>();
  for (const { configuration: name, language, label, index } of job) {
    const configuration = find(name);
    if (configuration === undefined) throw new RangeError(`There is no configuration ${name}.`);
    const first = index - (index % perCall);
    items.set(JSON.stringify([name, language, label, first]), {
      configuration,
      language,
      label,
      index: first,
    });
  }
  return [...items.values()];
}

/**
 * Writes a job's texts, cleaned and with their filters' findings, in the order of its items. The accepted ones
 * are remembered by their configuration's filters, so that later ones are compared with them. Models are asked last,
 * and only about texts that passed everything else.
 *
 * @param rows Texts of earlier jobs, of which guidance may make negative examples.
 * @throws EngineError when the engine crashes on every attempt, InterruptedError when `signal` is aborted
 */
export async function runJob(
  workshop: Workshop,
  items: readonly Item[],
  rows: readonly Sample[],
  filtersOf: (configuration: Configuration) => Filters,
  signal?: AbortSignal,
  onText: (texts: number, tokens: number) => void = () => {},
): Promise<Sample[]> {
  const { recipe, checks } = workshop;
  const { perCall } = recipe.samples;
  const guidances = (await workshop.guidance?.(items, rows)) ?? [];
  const completions = await completeWithRetry(workshop, items, guidances, signal, onText);
  const drafts = completions.flatMap((completion) => {
    const item = items[completion.index]!;
    return callTexts(recipe, item.language, completion).map((text, place) => ({ ...text, item, place }));
  });
  const failing = ({ item, text }: (typeof drafts)[number]) =>
    filtersOf(item.configuration).check(text, item);
  const asked = checks ? drafts.filter((draft) => failing(draft).length === 0) : [];
  const findings =
    (await checks?.check(
      asked.map(({ item, text }) => ({ text, label: item.label, language: item.language })),
      signal,
    )) ?? [];
  const found = new Map(asked.map((draft, i) => [draft, findings[i]!]));
  return drafts.map((draft) => {
    const { item, text, tokens, finish, place } = draft;
    const { configuration, language, label } = item;
    // Again: an earlier text of this job may have been accepted that says the same.
    const failed = failing(draft);
    const { failed: refused = [], ...numbers } = (failed.length === 0 && found.get(draft)) || {};
    const filters = [...failed, ...refused];
    if (filters.length === 0) filtersOf(configuration).accept(text, item);
    const index = item.index + place;
    return {
      id: `${configuration.name}/${language}/${label}/${index}`,
      configuration: configuration.name,
      language,
      label,
      index,
      seed: sampleSeed(recipe, item),
      text,
      tokens,
      finish,
      ...(perCall === 1 ? {} : { place }),
      ...numbers,
      filters,
    };
  });
}

function callTexts(recipe: Recipe, language: string, completion: Completion) {
  return textsOfCall(completion, { ...callForm(recipe), language });
}

async function completeWithRetry(
  workshop: Workshop,
  items: readonly Item[],
  guidances: readonly (Guidance | undefined)[],
  signal: AbortSignal | undefined,
  onText: (texts: number, tokens: number) => void,
): Promise<Completion[]> {
  let counted = { texts: 0, tokens: 0 };
  const names = [...new Set(items.map(({ configuration }) => configuration.name))];
  return retryAfterCrash(`writing ${names.join(", ")}`, () => {
    // What a crashed attempt had counted does not count.
    if (counted.texts > 0) onText(-counted.texts, -counted.tokens);
    counted = { texts: 0, tokens: 0 };
    return complete(workshop, items, guidances, signal, (completion) => {
      const { language } = items[completion.index]!;
      const texts = callTexts(workshop.recipe, language, completion).length;
      const { tokens } = completion;
      counted = { texts: counted.texts + texts, tokens: counted.tokens + tokens };
      onText(texts, tokens);
    });
  });
}

async function complete(
  { engine, recipe, prompts, interventions }: Workshop,
  items: readonly Item[],
  guidances: readonly (Guidance | undefined)[],
  signal: AbortSignal | undefined,
  onText: (completion: Completion) => void,
): Promise<Completion[]> {
  // Items of one configuration, language and label share their objects, by which the engine knows them.
  const shared = new Map<string, ReturnType<typeof prepare>>();
  const prepare = ({ configuration, language, label }: Item) => ({
    prompt: prompts(configuration.prompting, language, label),
    interventions: interventions(configuration, language, label),
  });
  const none: Intervention[] = [];
  const requests = items.map((item, place) => {
    const key = JSON.stringify([item.configuration.name, item.language, item.label]);
    const { prompt, interventions } = shared.get(key) ?? prepare(item);
    shared.set(key, { prompt, interventions });
    const guidance = guidances[place];
    return {
      prompt,
      seed: sampleSeed(recipe, item),
      interventions: interventions.length === 0 ? none : interventions,
      ...(guidance ? { guidance } : {}),
    };
  });
  const completions: Completion[] = [];
  const options = {
    decoding: recipe.decoding,
    sequences: recipe.model.sequences,
    ...(signal ? { signal } : {}),
  };
  for await (const completion of engine.generate(requests, options)) {
    completions.push(completion);
    onText(completion);
  }
  return completions.sort((a, b) => a.index - b.index);
}
