import { RecipeError } from "../errors.js";
import type { RecipeStudy } from "../recipe/study-schema.js";

/** What has been spent, or would be. */
export interface Spending {
  readonly texts: number;
  readonly tokens: number;
  readonly seconds: number;
}

/** What a text costs as far as is known: the mean of those written, or its limit in tokens before there are any. */
export function costOfTexts(
  texts: number,
  written: Spending,
  {
    maxTokens,
    tokensPerSecond,
  }: { readonly maxTokens: number; readonly tokensPerSecond: number | undefined },
): Spending {
  const perText = written.texts === 0 ? maxTokens : written.tokens / written.texts;
  const speed =
    written.seconds > 0 && written.tokens > 0 ? written.tokens / written.seconds : tokensPerSecond;
  const tokens = texts * perText;
  // Without a known speed time cannot be foreseen, and is only looked at afterwards.
  return { texts, tokens, seconds: speed === undefined ? 0 : tokens / speed };
}

/**
 * What a budget has no room for when `more` is added to what is spent, in words such as `tokens (12000 of 10000)`;
 * undefined if there is room.
 */
export function overBudget(
  budget: RecipeStudy["budget"],
  spent: Spending,
  more: Spending,
): string | undefined {
  if (budget === undefined) return undefined;
  const limits: [string, number | undefined, number][] = [
    ["texts", budget.texts, spent.texts + more.texts],
    ["tokens", budget.tokens, spent.tokens + more.tokens],
    ["minutes", budget.minutes, (spent.seconds + more.seconds) / 60],
  ];
  const over = limits.find(([, most, needed]) => most !== undefined && needed > most);
  return over && `${over[0]} (about ${Math.ceil(over[2])} of ${over[1]})`;
}

/**
 * Refuses a budget with which nothing could be said: the first round of the search, and the data sets of one
 * configuration and of the baselines.
 *
 * @throws RecipeError
 */
export function requireUsefulBudget(budget: RecipeStudy["budget"], least: Spending): void {
  const over = overBudget(budget, { texts: 0, tokens: 0, seconds: 0 }, least);
  if (over === undefined) return;
  throw new RecipeError(
    `study.budget is too small for anything: the first round of the search with the data sets of one configuration and of ` +
      `the baselines needs more ${over}. Raise it, or lower samples.perLabel, samples.pilotPerLabel, decoding.maxTokens or the sweep.`,
  );
}
