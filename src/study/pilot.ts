import { retryAfterCrash } from "../engine/retry-after-crash.js";
import type { Configuration } from "../generate/configuration.js";
import { keyCounts, shortfallText } from "../generate/shortfall.js";
import { isWritten, type Order, writeSamples } from "../generate/write-samples.js";
import { harmonicMean } from "../score/harmonic.js";
import type { ScoreCard } from "../score/score.js";
import { proveEffect } from "../steering/proof-of-effect.js";
import type { VectorSet } from "./build-vectors.js";
import { writingInterventions } from "./interventions.js";
import { SILENT } from "./progress.js";
import { proveCondition } from "./prove-condition.js";
import { readSearch } from "./search-record.js";
import type { Study } from "./study.js";
import type { TextScores } from "./text-scores.js";
import { writingGuidance } from "./writing-guidance.js";

/** A configuration of the sweep with its score on the pilot's texts. */
export interface PilotOutcome {
  readonly configuration: Configuration;
  /** Undefined without steering. */
  readonly absoluteStrength: number | undefined;
  readonly written: number;
  readonly kept: number;
  /** All texts that the pilot asks for are there. */
  readonly complete: boolean;
  readonly card: ScoreCard;
  /** Most texts were dropped by filters, or read like word salad: the steering was too strong. */
  readonly collapsed: boolean;
  /** Round of the search, from 0, whose texts these are; 0 without a search. */
  readonly round: number;
}

/**
 * Below this coherence, which is 0 for word salad and 1 for human text, or above this share of dropped texts, a
 * configuration has collapsed.
 */
const COLLAPSED_COHERENCE = 1 / 3;
const COLLAPSED_DROPPED = 0.5;

/** Orders for the pilot: a few texts of every configuration, whatever the filters say of them. */
export function pilotOrders(sweep: readonly Configuration[], perLabel: number): Order[] {
  return sweep.map((configuration) => ({
    configuration,
    counts: "written",
    wanted: perLabel,
    limit: perLabel,
  }));
}

/**
 * Shows, before any text is written, that each operation at each layer changes what the model says. Guidance needs no
 * such proof: streams that are alike are refused when the run is opened.
 * @throws EngineError if it does not; RecipeError if the recipe's condition is met nowhere
 */
export async function proveSteering(study: Study, vectors: VectorSet): Promise<void> {
  const engine = await study.engine();
  const { languages, labels } = study.recipe.task;
  // Of each operation at each set of layers the strongest: whatever the vector, the engine can do it or cannot.
  const tried = new Map(
    study.sweep.flatMap((configuration) => {
      if (!configuration.steering) return [];
      const { operation, layers } = configuration.steering;
      return [[`${operation}@${layers.join("+")}`, configuration]] as const;
    }),
  );
  for (const configuration of tried.values()) {
    const [language, label] = [languages[0]!, labels[0]!];
    const probe = {
      prompt: study.prompts(configuration.prompting, language, label),
      // Everywhere, always and in full: a prompt need not hold what the recipe's selection looks for.
      interventions: vectors.interventions(configuration, language, label),
    };
    await retryAfterCrash("trying the steering", () => proveEffect(engine, probe));
  }
  // Places, condition and schedule are the same for all of them.
  const [any] = tried.values();
  if (any) await proveCondition(study, vectors, any);
}

/** Whether all texts of the pilot are written. */
export function isPilotWritten({ sweep, journal, recipe }: Study): boolean {
  const orders = pilotOrders(sweep, recipe.samples.pilotPerLabel);
  return orders.every((order) => isWritten(journal.rows(), order, recipe));
}

/** Writes the pilot. False if it was asked to stop. */
export async function writePilot(study: Study, vectors: VectorSet): Promise<boolean> {
  return writeOrders(
    study,
    vectors,
    pilotOrders(study.sweep, study.recipe.samples.pilotPerLabel),
    "Trying the sweep",
  );
}

/** Texts that an order still misses, as far as can be foreseen: filters may drop some of them. */
function missingTexts({ recipe, journal }: Study, { configuration, counts, wanted }: Order): number {
  return keyCounts(journal.rows(), recipe, [configuration.name])
    .filter(({ ended }) => counts === "written" || ended === "open")
    .reduce(
      (sum, { written, kept }) => sum + Math.max(0, wanted - (counts === "written" ? written : kept)),
      0,
    );
}

/** Writes orders with progress in texts. */
export async function writeOrders(
  study: Study,
  vectors: VectorSet,
  orders: readonly Order[],
  name: string,
): Promise<boolean> {
  const { journal, identifier } = study;
  const total = orders.reduce((sum, order) => sum + missingTexts(study, order), 0);
  if (total <= 0 && orders.every(({ counts }) => counts === "written")) return true;
  const workshop = await study.workshop({
    interventions: await writingInterventions(study, vectors),
    guidance: await writingGuidance(study),
  });
  const task = (total > 0 ? study.progress : SILENT).begin(name, total, "texts");
  study.options.onWriting?.(true);
  try {
    return await writeSamples(workshop, journal, orders, {
      identify: identifier.matches,
      onText: (texts, tokens) => task.advance(texts, tokens),
      onHopeless: (count) => study.progress.note(shortfallText(count)),
      ...(study.options.signal ? { signal: study.options.signal } : {}),
      ...(study.options.stopping ? { stopping: study.options.stopping } : {}),
    });
  } finally {
    study.options.onWriting?.(false);
    task.end();
  }
}

/**
 * Scores the first texts of configurations: so many of each label and language, for all the same. Texts that were
 * written later do not count.
 */
export async function scoreConfigurations(
  study: Study,
  vectors: VectorSet,
  scores: TextScores,
  configurations: readonly Configuration[],
  texts: number,
  round = 0,
): Promise<PilotOutcome[]> {
  const outcomes: PilotOutcome[] = [];
  for (const configuration of configurations) {
    const rows = study.journal
      .rows()
      .filter((row) => row.configuration === configuration.name && row.index < texts);
    const card = await scores.score(rows, configuration.name);
    const kept = rows.filter((row) => row.filters.length === 0).length;
    outcomes.push({
      configuration,
      absoluteStrength: configuration.steering && vectors.absoluteStrength(configuration),
      written: rows.length,
      kept,
      // A call that is asked for several texts may give fewer: what counts is that all were asked for.
      complete: isWritten(study.journal.rows(), pilotOrders([configuration], texts)[0]!, study.recipe),
      card,
      collapsed:
        (card.coherence.value ?? 1) < COLLAPSED_COHERENCE || kept < (1 - COLLAPSED_DROPPED) * rows.length,
      round,
    });
  }
  return outcomes;
}

/**
 * Scores the pilot's texts of every configuration of the sweep; of a search, those of the last round in which each
 * took part.
 */
export async function scorePilot(
  study: Study,
  vectors: VectorSet,
  scores: TextScores,
): Promise<PilotOutcome[]> {
  const { samples, study: settings } = study.recipe;
  if (settings === undefined) {
    return scoreConfigurations(study, vectors, scores, study.sweep, samples.pilotPerLabel);
  }
  const outcomes = new Map<string, PilotOutcome>();
  // The last round first: a configuration that is in it is not scored on the fewer texts of those before.
  for (const [round, { texts, ranked }] of [
    ...((await readSearch(study))?.rounds ?? []).entries(),
  ].reverse()) {
    const configurations = study.sweep.filter(({ name }) => ranked.includes(name) && !outcomes.has(name));
    for (const outcome of await scoreConfigurations(study, vectors, scores, configurations, texts, round)) {
      outcomes.set(outcome.configuration.name, outcome);
    }
  }
  return study.sweep.flatMap(({ name }) => outcomes.get(name) ?? []);
}

/** What each outcome is chosen by; 0 where a score is 0 or unknown. */
export function meritsOf(outcomes: readonly PilotOutcome[]): Map<PilotOutcome, number> {
  const withCoherence = outcomes.some(({ card }) => card.coherence.value !== undefined);
  return new Map(outcomes.map((outcome) => [outcome, merit(outcome, withCoherence)]));
}

/**
 * What a configuration is chosen by: the harmonic mean, or that of success and diversity where the model cannot
 * judge coherence for any of them.
 */
function merit({ card }: PilotOutcome, withCoherence: boolean): number {
  const { success, coherence, diversity } = card;
  const parts = [success.value, diversity.value, ...(withCoherence ? [coherence.value] : [])];
  return parts.every((part) => part !== undefined) ? harmonicMean(parts) : 0;
}

/**
 * Configurations, the best first: one that reached a later round of the search before one that did not; then one that
 * has not collapsed before one that has; then the larger harmonic mean (paper D); of equals the one with the smallest
 * strength and weights, then with the earliest first layer. Those whose mean is 0 or unknown, and those that are not
 * whole, are left out.
 *
 * @param expected what configurations are expected to reach, by name, in place of the mean that they have
 */
export function rankConfigurations(
  outcomes: readonly PilotOutcome[],
  expected: ReadonlyMap<string, number> = new Map(),
): PilotOutcome[] {
  const merits = meritsOf(outcomes);
  return outcomes
    .filter((outcome) => outcome.complete && merits.get(outcome)! > 0)
    .map((outcome) => {
      const { name, steering, guidance } = outcome.configuration;
      return {
        outcome,
        merit: expected.get(name) ?? merits.get(outcome)!,
        strength: steering?.strength ?? 0,
        weights: (guidance?.gamma ?? 0) + (guidance?.eta ?? 0),
        layer: steering?.layers[0] ?? 0,
      };
    })
    .sort(
      (a, b) =>
        b.outcome.round - a.outcome.round ||
        Number(a.outcome.collapsed) - Number(b.outcome.collapsed) ||
        b.merit - a.merit ||
        a.strength - b.strength ||
        a.weights - b.weights ||
        a.layer - b.layer,
    )
    .map(({ outcome }) => outcome);
}
