import { EngineError } from "../errors.js";
import type { Configuration } from "../generate/configuration.js";
import type { Order } from "../generate/write-samples.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import type { RecipeStudy } from "../recipe/study-schema.js";
import type { VectorSet } from "./build-vectors.js";
import { expectedMerits, levelsOf } from "./expected-merits.js";
import { trainLabelChecks } from "./label-check.js";
import {
  meritsOf,
  type PilotOutcome,
  pilotOrders,
  proveSteering,
  rankConfigurations,
  scoreConfigurations,
  scorePilot,
} from "./pilot.js";
import { readSearch, type SearchRecord, writeSearch } from "./search-record.js";
import { searchRounds } from "./search-rounds.js";
import type { Purse } from "./spending.js";
import type { Study } from "./study.js";
import { TextScores } from "./text-scores.js";

export interface SearchParts {
  readonly study: Study;
  readonly vectors: VectorSet;
  /** Writes orders, or throws InterruptedError when it was asked to stop. */
  readonly write: (orders: readonly Order[], name: string) => Promise<unknown>;
  readonly purse: Purse;
}

/** Configurations of the sweep that a search tries: all, or the drawn ones. */
export function triedConfigurations(study: Study): readonly Configuration[] {
  const { sweep, recipe } = study;
  const { search, configurations } = recipe.study ?? {};
  if (search !== "random" || configurations === undefined || configurations >= sweep.length) return sweep;
  const places = sampled([...sweep.keys()], configurations, seedFrom("study", recipe.seed));
  return places.sort((a, b) => a - b).map((place) => sweep[place]!);
}

/**
 * Searches the sweep round by round: writes texts, ranks the configurations by the harmonic mean of their scores (in the
 * earlier rounds of halving by what {@link expectedMerits} foresees), and goes on with the best. A configuration that cannot be written is noted and left; of which nothing passes the filters
 * does not go on. Ends before its last round when the budget has no room for more; a later sitting with the same budget
 * leaves it at that. What an earlier process has done is not done again.
 *
 * @throws EngineError if no configuration can be written; InterruptedError
 */
export async function searchSweep(parts: SearchParts, settings: RecipeStudy): Promise<void> {
  const { study, vectors } = parts;
  const { task, samples } = study.recipe;
  const keys = task.labels.length * task.languages.length;
  const whole = (texts: number) => Math.ceil(texts / samples.perCall) * samples.perCall;
  const tried = triedConfigurations(study);
  const rounds = searchRounds(settings, tried.length, samples.pilotPerLabel);
  const known = await readSearch(study);
  const budget = JSON.stringify(settings.budget);
  if (known?.ended !== undefined && known.endedBy === budget) return;
  const {
    ended,
    endedBy: _,
    dataSets,
    ...earlier
  } = known ?? {
    tried: tried.map(({ name }) => name),
    rounds: [],
    failures: [],
  };
  // With another budget the search goes further, and what gets a data set is chosen anew.
  let record: SearchRecord = { ...earlier, ...(dataSets && ended === undefined ? { dataSets } : {}) };
  if (record.rounds.length === 0) await proveSteering(study, vectors);
  const scores =
    record.rounds.length < rounds.length
      ? await TextScores.open(study, trainLabelChecks(study.materials))
      : undefined;
  for (let r = record.rounds.length; r < rounds.length; r++) {
    const { texts } = rounds[r]!;
    const before = record.rounds[r - 1];
    if (before?.kept === 0) return;
    const names = before?.ranked.slice(0, before.kept) ?? record.tried;
    const failed = new Set(record.failures.map(({ configuration }) => configuration));
    const entered = tried.filter(({ name }) => names.includes(name) && !failed.has(name));
    if (r > 0 && settings.budget !== undefined && record.begun !== r) {
      const more = (whole(texts) - whole(before?.texts ?? 0)) * entered.length * keys;
      const full = await parts.purse.noRoomFor(more, true);
      if (full !== undefined) {
        const ended = `The budget has no room for round ${r + 1} of the search: ${full}.`;
        await writeSearch(study, { ...record, ended, endedBy: budget });
        return;
      }
      record = { ...record, begun: r };
      await writeSearch(study, record);
    }
    const title = `Searching, round ${r + 1} of ${rounds.length}`;
    const failures = await writeIsolated(parts, pilotOrders(entered, texts), title);
    const written = entered.filter(({ name }) => !failures.some((failure) => failure.configuration === name));
    const outcomes = await scoreConfigurations(study, vectors, scores!, written, texts);
    // Who goes on is a forecast, who is chosen is not.
    const foreseen = settings.search === "halving" && r < rounds.length - 1;
    const earlier = foreseen && r > 0 ? await scorePilot(study, vectors, scores!) : [];
    const expected = foreseen ? foresee(outcomes, earlier, samples.pilotPerLabel * keys) : undefined;
    const ranked = rankConfigurations(outcomes, expected);
    const kept = Math.min(ranked.length, rounds[r + 1]?.configurations ?? 0);
    record = {
      ...record,
      rounds: [
        ...record.rounds,
        { texts, ranked: ranked.map(({ configuration }) => configuration.name), kept },
      ],
      failures: [...record.failures, ...failures],
    };
    await writeSearch(study, record);
  }
}

/**
 * What configurations are expected to reach with `total` texts, by name. Those of earlier rounds help; those that
 * collapsed say nothing of the others.
 */
function foresee(
  outcomes: readonly PilotOutcome[],
  earlier: readonly PilotOutcome[],
  total: number,
): Map<string, number> {
  const names = new Set(outcomes.map(({ configuration }) => configuration.name));
  const all = [...outcomes, ...earlier.filter(({ configuration }) => !names.has(configuration.name))];
  const merits = meritsOf(all);
  const sound = all.filter((outcome) => !outcome.collapsed && outcome.complete && merits.get(outcome)! > 0);
  const expected = expectedMerits(
    sound.map((outcome) => ({
      levels: levelsOf(outcome.configuration),
      merit: merits.get(outcome)!,
      texts: outcome.written,
    })),
    total,
  );
  return new Map(sound.map(({ configuration }, i) => [configuration.name, expected[i]!]));
}

/**
 * Writes orders together, or, when the engine fails on them, each alone: one configuration's failure does not take the
 * others with it.
 */
async function writeIsolated(
  { write }: SearchParts,
  orders: readonly Order[],
  title: string,
): Promise<SearchRecord["failures"]> {
  try {
    await write(orders, title);
    return [];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const failures: SearchRecord["failures"] = [];
    for (const order of orders) {
      const { name } = order.configuration;
      try {
        await write([order], `${title}, ${name}`);
      } catch (failure) {
        if (!(failure instanceof EngineError)) throw failure;
        failures.push({ configuration: name, message: failure.message });
      }
    }
    if (failures.length === orders.length) throw error;
    return failures;
  }
}
