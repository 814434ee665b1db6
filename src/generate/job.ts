import type { Completion, Engine } from "../engine/engine.js";
import type { Guidance } from "../engine/guidance.js";
import type { Intervention } from "../engine/intervention.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { seedFrom } from "../random/seeded-random.js";
import type { Recipe } from "../recipe/schema.js";
import type { Sample } from "../store/sample.js";
import { cleanText } from "../tasks/clean-text.js";
import { trimToSentence } from "../tasks/trim-to-sentence.js";
import type { Configuration } from "./configuration.js";
import type { Filters } from "./filters.js";
import type { PromptBook } from "./prompt-book.js";

/** One text that is to be written. */
export interface Item {
  readonly configuration: Configuration;
  readonly language: string;
  readonly label: string;
  readonly index: number;
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
}

/** Depends on the recipe's seed and on which sample it is, and on nothing else. */
export function sampleSeed(recipe: Recipe, { configuration, language, label, index }: Item): number {
  return seedFrom(recipe.seed, configuration.name, language, label, index);
}

/**
 * Writes a job's texts, cleaned and with their filters' findings, in the order of its items. The accepted ones
 * are remembered by their configuration's filters, so that later ones are compared with them.
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
  const guidances = (await workshop.guidance?.(items, rows)) ?? [];
  const completions = await completeWithRetry(workshop, items, guidances, signal, onText);
  return completions.map((completion) => {
    const item = items[completion.index]!;
    const { configuration, language, label, index } = item;
    const filters = filtersOf(configuration);
    const cleaned = cleanText(completion.text, { chat: workshop.recipe.task.chat });
    const text = completion.finish === "length" ? trimToSentence(cleaned, language) : cleaned;
    const failed = filters.check(text, { language });
    if (failed.length === 0) filters.accept(text);
    return {
      id: `${configuration.name}/${language}/${label}/${index}`,
      configuration: configuration.name,
      language,
      label,
      index,
      seed: sampleSeed(workshop.recipe, item),
      text,
      tokens: completion.tokens,
      finish: completion.finish,
      filters: failed,
    };
  });
}

async function completeWithRetry(
  workshop: Workshop,
  items: readonly Item[],
  guidances: readonly (Guidance | undefined)[],
  signal: AbortSignal | undefined,
  onText: (texts: number, tokens: number) => void,
): Promise<Completion[]> {
  let counted = { texts: 0, tokens: 0 };
  return retryAfterCrash(`writing ${items[0]!.configuration.name}`, () => {
    // What a crashed attempt had counted does not count.
    if (counted.texts > 0) onText(-counted.texts, -counted.tokens);
    counted = { texts: 0, tokens: 0 };
    return complete(workshop, items, guidances, signal, (tokens) => {
      counted.texts++;
      counted.tokens += tokens;
      onText(1, tokens);
    });
  });
}

async function complete(
  { engine, recipe, prompts, interventions }: Workshop,
  items: readonly Item[],
  guidances: readonly (Guidance | undefined)[],
  signal: AbortSignal | undefined,
  onText: (tokens: number) => void,
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
    onText(completion.tokens);
  }
  return completions.sort((a, b) => a.index - b.index);
}
