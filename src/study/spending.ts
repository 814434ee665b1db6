import { knownSpeed, readCost } from "./cost.js";
import { triedConfigurations } from "./search.js";
import { searchRounds } from "./search-rounds.js";
import type { Study } from "./study.js";
import { costOfTexts, overBudget, requireUsefulBudget, type Spending } from "./study-budget.js";

/** What a study's budget still has room for. */
export interface Purse {
  /**
   * What has no room for so many more texts, in words; undefined if there is room, or no budget.
   * @param reserve true to keep room for the data sets of the baselines and of one configuration
   */
  noRoomFor(texts: number, reserve?: boolean): Promise<string | undefined>;
}

/**
 * Opens the budget of a study. Texts and tokens are those in the journal, time is that of all sittings.
 *
 * @param started `performance.now()` when this sitting began
 * @throws RecipeError if nothing is written yet, and the budget is too small for anything
 */
export async function openPurse(study: Study, started: number): Promise<Purse> {
  const { recipe, journal, baselines } = study;
  const { study: settings, samples, task } = recipe;
  if (settings?.budget === undefined) return { noRoomFor: async () => undefined };
  const { budget } = settings;
  const before = await readCost(study.folder.file("cost.json"));
  const facts = {
    maxTokens: recipe.decoding.maxTokens / samples.perCall,
    tokensPerSecond: await knownSpeed(study.model.sha256),
  };
  const keys = task.labels.length * task.languages.length;
  const spent = (): Spending => ({
    texts: journal.rows().length,
    tokens: journal.rows().reduce((sum, { tokens }) => sum + tokens, 0),
    seconds: before.seconds + (performance.now() - started) / 1000,
  });
  const dataSets = (baselines.length + 1) * samples.perLabel * keys;
  if (journal.rows().length === 0) {
    const tried = triedConfigurations(study).length;
    const [first] = searchRounds(settings, tried, samples.pilotPerLabel);
    requireUsefulBudget(budget, costOfTexts(tried * first!.texts * keys + dataSets, spent(), facts));
  }
  const baselineTexts = () => {
    const names = new Set(baselines.map(({ name }) => name));
    return journal.rows().filter((row) => names.has(row.configuration)).length;
  };
  return {
    noRoomFor: async (texts, reserve = false) => {
      const now = spent();
      const reserved = reserve ? Math.max(0, dataSets - baselineTexts()) : 0;
      return overBudget(budget, now, costOfTexts(texts + reserved, now, facts));
    },
  };
}
