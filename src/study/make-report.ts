import { readArmsResults } from "../arms/arms-results.js";
import { type ArmComparison, spreadIn, type TrainedArm } from "../classify/evaluate-arms.js";
import type { MetricName } from "../classify/metric.js";
import type { Spread } from "../classify/spread.js";
import { promptingOf, usesNegatives } from "../recipe/guidance-axes.js";
import type { Recipe } from "../recipe/schema.js";
import { operationsOf } from "../recipe/sweep-axes.js";
import type { MeasureId } from "../score/definitions.js";
import type { ScoreCard } from "../score/score.js";
import { orderWithin } from "../steering/describe-interventions.js";
import type { Sample } from "../store/sample.js";
import { VERSION } from "../version.js";
import { type Arm, filterCounts, shortfalls } from "./arms.js";
import type { ArmsCompared } from "./compare-data.js";
import { readCost } from "./cost.js";
import { isOtherShape } from "./experts.js";
import type { LabelChecks } from "./label-check.js";
import { measureArms } from "./measures.js";
import { paperClaims } from "./paper-claims.js";
import { type PilotOutcome, rankConfigurations } from "./pilot.js";
import { presetOf } from "./presets.js";
import { droppedWords } from "./report/plain-words.js";
import type {
  ArmResult,
  ClassifierSummary,
  Comparison,
  PilotResult,
  ReportedStudy,
  RunReport,
  ScoreIntervals,
  ScoreSummary,
} from "./report/run-report.js";
import type { SearchRecord } from "./search-record.js";
import type { Study } from "./study.js";
import { studyResults } from "./study-results.js";
import type { ScoredSet } from "./text-scores.js";
import { type Added, verdictSentence } from "./verdict.js";

/** Texts of each arm and label that the report shows. */
const SHOWN_SAMPLES = 4;

/** The renderers show what is not a number as a dash. */
const orMissing = (value: number | undefined): number => value ?? Number.NaN;

function summarize(card: ScoreCard): ScoreSummary {
  const parts: Partial<Record<MeasureId, number | undefined>> = {
    languageRight: card.success.language,
    labelRight: card.success.label,
    logProbability: card.coherence.logProbability,
    repeatedTrigrams: card.coherence.repetition,
    loopingTexts: card.coherence.loopRate,
    cutTexts: card.coherence.truncatedRate,
    emptyTexts: card.coherence.emptyRate,
    distinct1: card.diversity.distinct1.value,
    distinct2: card.diversity.distinct2.value,
    distinct3: card.diversity.distinct3.value,
    mattr: card.diversity.mattr.value,
    gzip: card.diversity.compression.value,
  };
  return {
    success: orMissing(card.success.value),
    coherence: orMissing(card.coherence.value),
    diversity: orMissing(card.diversity.value),
    harmonic: orMissing(card.harmonic),
    parts: Object.fromEntries(
      Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    meanWords: orMissing(card.meanWords),
    intervals: intervalsOf(card),
    notes: card.notes,
  };
}

function intervalsOf({ success, coherence, diversity, harmonicInterval }: ScoreCard): ScoreIntervals {
  return {
    success: success.interval,
    coherence: coherence.interval,
    diversity: diversity.interval,
    harmonic: harmonicInterval,
  };
}

function pilotResult(outcome: PilotOutcome): PilotResult {
  const { card, configuration } = outcome;
  return {
    configuration: configuration.name,
    ...configuration.steering,
    ...(outcome.absoluteStrength === undefined ? {} : { absoluteStrength: outcome.absoluteStrength }),
    ...(configuration.guidance ? { guidance: configuration.guidance } : {}),
    kept: outcome.kept,
    written: outcome.written,
    success: orMissing(card.success.value),
    coherence: orMissing(card.coherence.value),
    diversity: orMissing(card.diversity.value),
    harmonic: orMissing(card.harmonic),
    intervals: card.harmonicInterval,
    axisIntervals: intervalsOf(card),
    collapsed: outcome.collapsed,
  };
}

export interface Findings {
  readonly arms: readonly { readonly arm: Arm; readonly card: ScoredSet | undefined }[];
  readonly pilot: readonly PilotOutcome[];
  readonly chosen: PilotOutcome | undefined;
  /** How the sweep was searched; undefined without `study`. */
  readonly search: SearchRecord | undefined;
  /** Undefined if the recipe has no test texts, or training was not asked for. */
  readonly comparison: ArmsCompared | undefined;
  readonly checks: LabelChecks;
}

function comparisonsOf(compared: ArmComparison | undefined, recipe: Recipe): Comparison[] {
  if (compared === undefined) return [];
  const { steering, guidance } = recipe;
  const how: Added = steering ? (guidance ? "steered and guided" : "steered") : "guided";
  const trained = (name: string) =>
    compared.arms.find((arm): arm is TrainedArm => arm.trained && arm.name === name)!;
  return compared.differences
    .filter(({ arm }) => arm === "steered" || arm === "guided")
    .map(({ arm, baseline, difference, interval: [low, high], verdict }) => {
      const found = { difference, low, high, verdict };
      const sides = {
        metric: compared.metric,
        steered: spreadIn(trained(arm), compared.metric),
        baseline: spreadIn(trained(baseline), compared.metric),
        baselineName: baseline,
        prompting: promptingOf(recipe),
        how,
      };
      return { arm, baseline, ...found, sentence: verdictSentence({ ...found, ...sides }) };
    });
}

/** What the run tries, for a sentence's beginning. */
function subjectOf({ steering, guidance }: Recipe): { subject: string; cells: string } {
  if (!guidance) return { subject: "Steering", cells: "layer and strength" };
  if (!steering) return { subject: "Guidance", cells: "weights" };
  return { subject: "Steering with guidance", cells: "layer, strength and weights" };
}

/** Whether the sweep is written and measured, and nothing in it is fit to be chosen. */
function hasFailed(study: Study, { pilot, chosen, search }: Findings): boolean {
  if (chosen) return false;
  // Of a search only those that were ranked are here, and what the scores do not know is not ranked either.
  if (search) return pilot.length === 0 && search.rounds.length > 0 && sweepTexts(study).every(isDropped);
  const unmeasured = ({ card }: PilotOutcome) =>
    card.success.value === undefined || card.diversity.value === undefined;
  return pilot.length > 0 && pilot.every(({ complete }) => complete) && !pilot.every(unmeasured);
}

const isDropped = ({ filters }: Sample) => filters.length > 0;

/** All texts that configurations of the sweep wrote. */
function sweepTexts({ sweep, journal }: Study): Sample[] {
  const names = new Set(sweep.map(({ name }) => name));
  return journal.rows().filter(({ configuration }) => names.has(configuration));
}

function verdictOf(study: Study, findings: Findings, comparisons: readonly Comparison[]): string {
  const { pilot, chosen, comparison } = findings;
  if (hasFailed(study, findings)) {
    const { subject, cells } = subjectOf(study.recipe);
    return `${subject} failed: no ${cells} of the sweep gave texts that are right, readable and varied.`;
  }
  if (findings.search && pilot.length === 0 && !chosen) {
    return findings.search.rounds.length === 0
      ? "There is no verdict yet: the sweep is not searched. Run tiller study."
      : "There is no verdict: no configuration of the search could be ranked. The notes say why.";
  }
  if (pilot.length > 0 && !chosen) {
    if (pilot.some((outcome) => !outcome.complete)) {
      return "There is no verdict yet: the sweep is not written. Run tiller generate, or tiller run.";
    }
    return "There is no verdict: the scores of the sweep could not be measured, so that nothing could be chosen. The notes say why.";
  }
  if (comparisons.length > 0) return comparisons.map(({ sentence }) => sentence).join(" ");
  if (study.materials.test === undefined) {
    return "There is no verdict: the recipe names no human test texts (classifier.test).";
  }
  return comparison === undefined
    ? "There is no verdict yet: tiller train, or tiller report, trains the classifiers."
    : "There is no verdict: the classifiers could not be compared. The notes say why.";
}

function notesOf(study: Study, findings: Findings): string[] {
  const { recipe } = study;
  const notes = [...study.notes];
  for (const language of recipe.task.languages) {
    const check = findings.checks.get(language);
    if (!check) notes.push(`${language}: there are no labelled human texts, so labels were not checked.`);
    else if (check.accuracy !== undefined) {
      const share = `${Math.round(100 * check.accuracy)} %`;
      notes.push(
        `${language}: the label check was trained on ${check.trainedOn} human texts that no vector was made from, and gets ${share} of the others right.`,
      );
    }
  }
  notes.push(
    ...shortfalls(
      recipe,
      findings.arms.map(({ arm }) => arm),
    ),
  );
  const collapsed = findings.pilot.filter((outcome) => outcome.collapsed);
  if (collapsed.length > 0) {
    const names = collapsed.map(({ configuration }) => configuration.name).join(", ");
    notes.push(
      `Most texts were dropped or read like word salad, as when steering or guidance is too strong, in: ${names}.`,
    );
  }
  if (findings.chosen) {
    const measures =
      findings.chosen.card.coherence.value === undefined ? "success and diversity" : "the three scores";
    notes.push(
      `${capital(subjectOf(recipe).cells)} were chosen on the sweep by the harmonic mean of ${measures}, without the test texts. The sweep's texts of the chosen one are part of its data set.`,
      "Scores of the sweep are of all texts that were tried, scores of the data sets of the kept ones.",
    );
  }
  if (hasFailed(study, findings)) notes.push(unfitNote(study));
  notes.push(...operationsOf(recipe.steering).flatMap((operation) => orderWithin(operation) ?? []));
  notes.push(...guidanceNotes(study));
  notes.push(...(findings.comparison?.notes ?? []));
  return [...new Set(notes)];
}

/** What became of the sweep's texts, where no configuration could be chosen. */
function unfitNote(study: Study): string {
  const texts = sweepTexts(study);
  const reasons = droppedWords(filterCounts(texts));
  const dropped = texts.filter(isDropped).length;
  const { steering } = study.recipe;
  return (
    `The filters dropped ${dropped} of the sweep's ${texts.length} texts${reasons === "" ? "" : ` (${reasons})`}. ` +
    `They are in samples.jsonl; look at a few, and change the ${steering ? "strengths" : "weights"}, the prompt or the filters.`
  );
}

function guidanceNotes({ recipe, experts, facts }: Study): string[] {
  const { guidance, steering } = recipe;
  const notes: string[] = [];
  if (usesNegatives(guidance)) {
    notes.push(
      "Negative examples can shorten texts, and short texts look varied: compare the words a text. Diversity is measured at equal length.",
    );
  }
  const other = experts.filter((expert) => expert.shape && isOtherShape(expert.shape, facts));
  if (steering && other.length > 0) {
    const names = other.map(({ name }) => `guidance.${name}`).join(", ");
    notes.push(`The model of ${names} has other layers or another width, and was not steered.`);
  }
  return notes;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function classifierSummary(arm: TrainedArm, metric: MetricName): ClassifierSummary {
  const spread = ({ mean, standardDeviation }: Spread) => ({ mean, sd: standardDeviation });
  const own = spreadIn(arm, metric);
  const { perLabel, perLanguage, confusion, calibration } = arm;
  return {
    ...spread(own),
    values: own.values,
    metric,
    macroF1: spread(arm.macroF1),
    accuracy: spread(arm.accuracy),
    auroc: spread(arm.auroc),
    perLabel,
    perLanguage,
    confusion,
    calibration,
  };
}

function reportedStudy(study: Study, findings: Findings, record: SearchRecord): ReportedStudy {
  const { recipe, sweep, baselines, journal } = study;
  const { samples, task } = recipe;
  return studyResults({
    record,
    search: recipe.study!.search,
    ranked: rankConfigurations(findings.pilot),
    pilot: findings.pilot,
    arms: findings.arms,
    comparison: findings.comparison?.comparison,
    rows: journal.rows(),
    baselines: baselines.map(({ name }) => name),
    gridTexts: sweep.length * samples.pilotPerLabel * task.labels.length * task.languages.length,
  });
}

/** Measures the data sets that were scored, and puts everything that a run found into one report. */
export async function makeReport(study: Study, findings: Findings): Promise<RunReport> {
  const scored = findings.arms.flatMap(({ arm, card }) =>
    card ? [{ arm, cells: card.cells(), scores: card.measures() }] : [],
  );
  const measured = await measureArms(study, scored);
  const comparisons = comparisonsOf(findings.comparison?.comparison, study.recipe);
  const { comparison, references = [], curves = [] } = findings.comparison ?? {};
  const trained = new Map(comparison?.arms.map((arm) => [arm.name, arm]));
  const metric = comparison?.metric ?? "macro-f1";
  const arms = findings.arms.map(({ arm, card }): ArmResult => {
    const classifier = trained.get(arm.name);
    return {
      name: arm.name,
      title: arm.title,
      configuration: arm.configuration.name,
      kept: arm.rows.length,
      written: arm.written.length,
      tokens: arm.written.reduce((sum, row) => sum + row.tokens, 0),
      filters: filterCounts(arm.written),
      score: card && summarize(card),
      measures: measured.arms.get(arm.name),
      classifier: classifier?.trained ? classifierSummary(classifier, metric) : undefined,
    };
  });
  const { recipe } = study;
  const cost = await readCost(study.folder.file("cost.json"));
  const report: RunReport = {
    title: study.title,
    model: study.facts,
    verdict: verdictOf(study, findings, comparisons),
    arms,
    pilot: findings.pilot.map(pilotResult),
    chosen: findings.chosen?.configuration.name,
    study: findings.search && reportedStudy(study, findings, findings.search),
    samples: findings.arms.flatMap(({ arm }) =>
      recipe.task.languages.flatMap((language) =>
        recipe.task.labels.flatMap((label) =>
          arm.rows
            .filter((row) => row.language === language && row.label === label)
            .slice(0, SHOWN_SAMPLES)
            .map(({ text }) => ({ arm: arm.name, label, language, text })),
        ),
      ),
    ),
    comparisons,
    trainer: comparison?.trainer,
    references: references.flatMap(({ name, title }) => {
      const arm = trained.get(name);
      if (!arm?.trained) return [];
      return [{ name, title, texts: arm.texts, classifier: classifierSummary(arm, metric) }];
    }),
    curves,
    languageModels: await readArmsResults(study.folder.file("arms.json")),
    notes: [...notesOf(study, findings), ...measured.notes],
    recipe: study.loaded.text,
    cost: {
      seconds: cost.seconds,
      scoringSeconds: cost.scoringSeconds,
      generatedTokens: study.journal.rows().reduce((sum, row) => sum + row.tokens, 0),
      tokensPerSecond: cost.writingSeconds > 0 ? cost.writtenTokens / cost.writingSeconds : Number.NaN,
    },
    version: VERSION,
  };
  const preset = presetOf(study.title);
  return preset ? { ...report, claims: paperClaims(preset, [report]) } : report;
}
