import type { Engine } from "../engine/engine.js";
import { promptText } from "../generate/prompt-book.js";
import { createEndpointJudge } from "../judge/endpoint-judge.js";
import { CRITERIA, type Judge, type JudgedItem, type RatedText, type Rating } from "../judge/judge.js";
import { JudgementCache } from "../judge/judgement-cache.js";
import { createLocalJudge } from "../judge/local-judge.js";
import { ratingScore, summarizeRatings } from "../judge/rating.js";
import { RUBRIC_VERSION } from "../judge/rubric.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import type { MeasureId } from "../score/definitions.js";
import { absent, exactly, type Measured } from "../score/measured.js";
import { standardDeviation } from "../score/standard-deviation.js";
import { mean } from "../score/statistics.js";
import type { Sample } from "../store/sample.js";
import { reported } from "./measures-of-texts.js";
import type { ReportedMeasure, ReportedMeasures } from "./report/run-report.js";
import type { Study } from "./study.js";

/** What a judge found of texts of one language. */
export interface Judgement {
  readonly judge: string;
  readonly measures: ReportedMeasures;
  /** Why some texts have no rating. */
  readonly reasons: readonly string[];
}

const IDS = [
  "judgeScore",
  "judgeConcept",
  "judgeInstruction",
  "judgeFluency",
  "judgeDisagreement",
  "judgeAbsent",
] as const satisfies readonly MeasureId[];

/** The recipe's judge, opened when the first text is to be rated. */
export class StudyJudge implements AsyncDisposable {
  /** Two judges of one key give the same ratings. */
  readonly key: unknown;
  readonly #study: Study;
  #cache: JudgementCache | undefined;
  #judge: Judge | undefined;

  constructor(study: Study) {
    const { judge } = study.recipe.scoring;
    this.#study = study;
    this.key = [RUBRIC_VERSION, judge, judge === "local" ? study.model.sha256 : undefined];
  }

  /** The texts that the judge rates, each with what was asked for: the prompt of zero-shot prompting for every arm. */
  items(rows: readonly Sample[]): JudgedItem[] {
    const { recipe, prompts } = this.#study;
    const { judgeTexts } = recipe.scoring;
    const most = Math.max(1, Math.round(judgeTexts / recipe.task.languages.length));
    return sampled(rows, Math.min(rows.length, most), seedFrom("judged", recipe.seed)).map(
      ({ text, label, language }) => ({
        text,
        label,
        language,
        instruction: promptText(prompts("zero-shot", language, label)),
      }),
    );
  }

  /** @throws what opening the judge and `Judge.rate` throw */
  async rate(items: readonly JudgedItem[]): Promise<Judgement> {
    const { folder, progress, options } = this.#study;
    this.#cache ??= await JudgementCache.open(folder.file("judgements.jsonl"));
    this.#judge ??= await this.#open(this.#cache);
    const task = progress.begin("Judging texts", items.length, "texts");
    try {
      const ratings = await this.#judge.rate(items, {
        signal: options.signal,
        onItem: () => task.advance(1),
      });
      const measures = judgedMeasures(ratings);
      return { judge: this.#judge.name, measures, reasons: summarizeRatings(ratings).reasons };
    } finally {
      task.end();
    }
  }

  async #open(cache: JudgementCache): Promise<Judge> {
    const { judge } = this.#study.recipe.scoring;
    if (judge === undefined) throw new RangeError("The recipe asks for no judge.");
    if (judge === "local") return createLocalJudge(await this.#engine(), { cache });
    const { endpoint, model, keyEnv } = judge;
    return createEndpointJudge({ url: endpoint, model, keyVariable: keyEnv, cache });
  }

  #engine(): Promise<Engine> {
    return this.#study.engine();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache?.close();
  }
}

/** The judge's measures, absent for one reason. */
export function noJudgement(reason: string): ReportedMeasures {
  return Object.fromEntries(IDS.map((id) => [id, beside(absent(reason))]));
}

function judgedMeasures(ratings: readonly Rating[]): ReportedMeasures {
  const rated = ratings.filter((rating): rating is RatedText => rating.absent === undefined);
  const summary = summarizeRatings(ratings);
  const of = (value: (rating: RatedText) => number) => beside(meanOf(rated.map(value)));
  const disagreement = mean(
    CRITERIA.map((criterion) => summary[criterion].disagreement).filter((share) => share !== undefined),
  );
  const measures: Record<(typeof IDS)[number], ReportedMeasure> = {
    judgeScore: of((rating) => ratingScore(rating)),
    judgeConcept: of(({ concept }) => concept.expected),
    judgeInstruction: of(({ instruction }) => instruction.expected),
    judgeFluency: of(({ fluency }) => fluency.expected),
    judgeDisagreement: beside(
      disagreement === undefined ? absent("no rating was asked for in both orders") : exactly(disagreement),
    ),
    judgeAbsent: beside(exactly((ratings.length - rated.length) / ratings.length)),
  };
  return measures;
}

/** The mean of a sample of the texts, with its standard error. */
function meanOf(values: readonly number[]): Measured {
  const value = mean(values);
  if (value === undefined) return absent("no text was rated");
  const spread = standardDeviation(values);
  return {
    value,
    standardError: spread === undefined ? undefined : spread / Math.sqrt(values.length),
    absent: undefined,
  };
}

function beside(set: Measured): ReportedMeasure {
  const reason = "human texts are not put to the judge";
  return { set: reported(set), human: { absent: reason }, relative: { absent: reason } };
}
