import type { Engine } from "../engine/engine.js";
import { taskInstruction } from "../generate/prompt-book.js";
import { createEndpointJudge } from "../judge/endpoint-judge.js";
import { CRITERIA, type Judge, type JudgedItem, type RatedText, type Rating } from "../judge/judge.js";
import { createLocalJudge } from "../judge/local-judge.js";
import { ratingScore, summarizeRatings } from "../judge/rating.js";
import { RUBRIC_VERSION } from "../judge/rubric.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import type { Recipe } from "../recipe/schema.js";
import { besideHuman } from "../score/beside-human.js";
import type { MeasureId } from "../score/definitions.js";
import { absent, exactly, type Measured } from "../score/measured.js";
import { standardDeviation } from "../score/standard-deviation.js";
import { mean } from "../score/statistics.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { AnswerCache } from "../store/answer-cache.js";
import type { Sample } from "../store/sample.js";
import { reported } from "./measures-of-texts.js";
import type { ReportedMeasure, ReportedMeasures, ReportedValue } from "./report/run-report.js";
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

/** A text with what was asked for. */
type Asked = Pick<Sample, "text" | "label" | "language">;

/** Texts of each language and side that are put to the judge. */
export function judgedTexts({ scoring, task }: Recipe): number {
  return Math.max(1, Math.round(scoring.judgeTexts / task.languages.length));
}

/** The recipe's judge, opened when the first text is to be rated. */
export class StudyJudge implements AsyncDisposable {
  /** Two judges of one key give the same ratings. */
  readonly key: unknown;
  readonly #study: Study;
  #cache: AnswerCache | undefined;
  #judge: Judge | undefined;

  constructor(study: Study) {
    const { judge } = study.recipe.scoring;
    this.#study = study;
    this.key = [RUBRIC_VERSION, judge, judge === "local" ? study.model.sha256 : undefined];
  }

  /** The texts that the judge rates, each with what was asked for: the prompt of zero-shot prompting for every arm. */
  items(rows: readonly Asked[]): JudgedItem[] {
    const { recipe } = this.#study;
    const most = judgedTexts(recipe);
    return sampled(rows, Math.min(rows.length, most), seedFrom("judged", recipe.seed)).map(
      ({ text, label, language }) => ({
        text,
        label,
        language,
        instruction: taskInstruction(recipe, language, label),
      }),
    );
  }

  /** As many human texts of a language, as if they had been asked for; none where they have no label of the task. */
  humanItems(language: string): JudgedItem[] {
    const { recipe, materials } = this.#study;
    const { labels } = recipe.task;
    return this.items(
      materials.split.sets
        .filter((set) => labels.includes(set.class) && [language, ANY_LANGUAGE].includes(set.language))
        .flatMap((set) => set.heldOutTexts.map((text) => ({ text, label: set.class, language }))),
    );
  }

  /** @throws what opening the judge and `Judge.rate` throw */
  async rate(items: readonly JudgedItem[]): Promise<Judgement> {
    const { folder, progress, options } = this.#study;
    this.#cache ??= await AnswerCache.open(folder.file("judgements.jsonl"));
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

  async #open(cache: AnswerCache): Promise<Judge> {
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
  return { set: reported(set), human: { absent: NO_HUMAN }, relative: { absent: NO_HUMAN } };
}

const NO_HUMAN = "there are no human texts with a label of the task";
const FAULT = "it is no quality to be relative in";

/** A set's ratings with those of human texts, which are a set of their own. */
export function besideJudgedHuman(set: ReportedMeasures, human: ReportedMeasures): ReportedMeasures {
  return Object.fromEntries(
    IDS.map((id) => {
      const [own, other] = [set[id]!.set, human[id]!.set];
      const { relative } = besideHuman(asMeasured(own), asMeasured(other));
      const fault = id === "judgeDisagreement" || id === "judgeAbsent";
      return [id, { set: own, human: other, relative: fault ? { absent: FAULT } : reported(relative) }];
    }),
  );
}

function asMeasured({ value, standardError, absent: reason }: ReportedValue): Measured {
  return { value, standardError, absent: reason };
}
