import { type ArmComparison, spreadIn, type TrainedArm } from "../classify/evaluate-arms.js";
import { spearman } from "../statistics/spearman.js";
import type { Sample } from "../store/sample.js";
import type { Arm } from "./arms.js";
import type { PilotOutcome } from "./pilot.js";
import type { ReportedCorrelation, ReportedStudy, StudyRow } from "./report/run-report.js";
import type { SearchRecord } from "./search-record.js";
import type { ScoredSet } from "./text-scores.js";

export interface StudyFindings {
  readonly record: SearchRecord;
  readonly search: string;
  /** The configurations that were tried, the best first; those that could not be ranked are not in it. */
  readonly ranked: readonly PilotOutcome[];
  readonly pilot: readonly PilotOutcome[];
  readonly arms: readonly { readonly arm: Arm; readonly card: ScoredSet | undefined }[];
  readonly comparison: ArmComparison | undefined;
  readonly rows: readonly Sample[];
  readonly baselines: readonly string[];
  /** Texts that the whole grid would have: configurations of the sweep times texts of the pilot. */
  readonly gridTexts: number;
}

/** What a search found, for the report: the ranking, what became of the best, and what scores say of classifiers. */
export function studyResults(findings: StudyFindings): ReportedStudy {
  const { record, comparison } = findings;
  const isBaseline = (name: string) => findings.baselines.includes(name);
  const differences = (comparison?.differences ?? []).filter(({ arm }) => !isBaseline(arm));
  const trained = new Map(
    (comparison?.arms ?? []).flatMap((arm) => (arm.trained ? [[arm.name, arm] as const] : [])),
  );
  const armOf = new Map(findings.arms.map(({ arm }) => [arm.configuration.name, arm]));
  const rows = findings.ranked.map((outcome): StudyRow => {
    const { card, configuration, round } = outcome;
    const arm = armOf.get(configuration.name);
    const classifier = arm && trained.get(arm.name);
    const spread = classifier && comparison && spreadIn(classifier, comparison.metric);
    return {
      configuration: configuration.name,
      round: round + 1,
      texts: outcome.written,
      success: card.success.value,
      coherence: card.coherence.value,
      diversity: card.diversity.value,
      harmonic: card.harmonic,
      interval: card.harmonicInterval,
      downstream: spread && { mean: spread.mean, sd: spread.standardDeviation },
      differences: differences
        .filter((difference) => difference.arm === arm?.name)
        .map(({ baseline, difference, interval: [low, high], correctedPValue, verdict }) => ({
          baseline,
          difference,
          low,
          high,
          correctedPValue,
          verdict,
        })),
    };
  });
  const searched = new Set(record.tried);
  const inSearch = findings.rows.filter(
    (row) => searched.has(row.configuration) && row.index < textsReached(record, row.configuration),
  );
  const tokens = sumOfTokens(inSearch);
  return {
    search: findings.search,
    metric: comparison?.metric,
    tried: record.tried.length,
    rounds: record.rounds.map(({ texts, ranked, kept }) => ({ texts, configurations: ranked.length, kept })),
    rows,
    correlations: correlationsOf(findings, trained),
    failures: [...record.failures, ...(record.dataSets?.failures ?? [])],
    ended: [record.ended, record.dataSets?.ended].filter((why) => why !== undefined).join(" ") || undefined,
    tokens: {
      search: tokens,
      // Tokens a text differ little between configurations beside how often each is written.
      grid: inSearch.length === 0 ? 0 : Math.round((tokens / inSearch.length) * findings.gridTexts),
      all: sumOfTokens(findings.rows),
    },
  };
}

/** Texts of each label and language that the search had of a configuration, whether or not it could be ranked. */
function textsReached({ rounds }: SearchRecord, configuration: string): number {
  return rounds.reduce((reached, { texts }, r) => {
    const before = rounds[r - 1];
    const entered = before === undefined || before.ranked.slice(0, before.kept).includes(configuration);
    return entered ? texts : reached;
  }, 0);
}

const sumOfTokens = (rows: readonly Sample[]) => rows.reduce((sum, { tokens }) => sum + tokens, 0);

/**
 * Spearman's correlation of each score with what the classifiers reach, over the configurations that got data sets
 * (paper D): of the data sets' own scores, and of the harmonic mean on the texts of the search, which is what chose.
 */
function correlationsOf(
  { arms, pilot, comparison }: StudyFindings,
  trained: ReadonlyMap<string, TrainedArm>,
): ReportedCorrelation[] {
  if (comparison === undefined) return [];
  const cases = arms.flatMap(({ arm, card }) => {
    const classifier = trained.get(arm.name);
    const outcome = pilot.find(({ configuration }) => configuration === arm.configuration);
    if (!classifier || !card || !outcome) return [];
    return [
      {
        downstream: spreadIn(classifier, comparison.metric).mean,
        success: card.success.value,
        coherence: card.coherence.value,
        diversity: card.diversity.value,
        harmonic: card.harmonic,
        searched: outcome.card.harmonic,
      },
    ];
  });
  const scores = ["success", "coherence", "diversity", "harmonic", "searched"] as const;
  return scores.flatMap((score) => {
    const pairs = cases.flatMap((found) => {
      const value = found[score];
      return value === undefined ? [] : [[value, found.downstream] as const];
    });
    const found = spearman(
      pairs.map(([value]) => value),
      pairs.map(([, downstream]) => downstream),
    );
    return found ? [{ score, ...found }] : [];
  });
}
