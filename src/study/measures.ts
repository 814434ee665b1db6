import { createHash } from "node:crypto";
import { z } from "zod";
import { InterruptedError, StoreError, TillerError } from "../errors.js";
import type { JudgedItem } from "../judge/judge.js";
import { canCompress } from "../score/diversity.js";
import type { Sample } from "../store/sample.js";
import type { Arm } from "./arms.js";
import { addCost } from "./cost.js";
import { StudyEncoder } from "./measures-encoder.js";
import { labelTexts, sourcesOf } from "./measures-given-texts.js";
import { besideJudgedHuman, type Judgement, noJudgement, StudyJudge } from "./measures-judge.js";
import type { ScoreMeasures } from "./measures-of-scores.js";
import {
  type EmbeddingResult,
  type LexicalJob,
  type LexicalResult,
  type MeasureJob,
  type MeasureResult,
  noEmbeddings,
} from "./measures-of-texts.js";
import { type OverLanguages, overLanguages } from "./measures-over-languages.js";
import { MeasuresThread } from "./measures-thread.js";
import type { ArmMeasures, MeasuredLanguage, ReportedMeasures, ScoreCell } from "./report/run-report.js";
import { ScoreCache } from "./score-cache.js";
import type { Study } from "./study.js";
import { humanTexts } from "./text-scores.js";

/** Raise it with any change of what a measure is: what is in a run's cache is then measured anew. */
const MEASURES_VERSION = 2;

/**
 * Most texts of a side that are told apart from human texts at a time. The time grows with the square: a data set then
 * takes a quarter of a minute of one core however many languages it has.
 */
export function authenticityTexts(languages: number): number {
  return Math.round(250 / Math.sqrt(languages));
}

/** A judge that changes its mind more often than this is no judge of these texts. */
const MUCH_DISAGREEMENT = 0.3;

/** An arm that was scored. */
export interface ScoredArm {
  readonly arm: Arm;
  readonly cells: readonly ScoreCell[];
  /** The scores and their parts; left out, they are not among the measures. */
  readonly scores?: ScoreMeasures;
}

export interface MeasuredArms {
  /** By the arm's name. */
  readonly arms: ReadonlyMap<string, ArmMeasures>;
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
}

/**
 * Every measure of each arm's data set: for each language, and over all of them. What an earlier
 * process of this folder measured is not measured again, and needs no encoder.
 *
 * @throws InterruptedError
 */
export async function measureArms(study: Study, arms: readonly ScoredArm[]): Promise<MeasuredArms> {
  if (arms.length === 0) return { arms: new Map(), notes: [] };
  const started = performance.now();
  const { languages } = study.recipe.task;
  const found = new Map(arms.map(({ arm }) => [arm.name, new Map<string, MeasuredLanguage>()]));
  const measuring = await Measuring.open(study);
  const task = study.progress.begin("Measuring the data sets", arms.length * languages.length, "sets");
  try {
    for (const language of languages) {
      for (const { arm } of arms) {
        found.get(arm.name)!.set(language, await measuring.measure(arm, language));
        task.advance(1);
      }
    }
  } finally {
    task.end();
    await measuring.close();
  }
  const { judgeName, notes } = measuring;
  const seconds = (performance.now() - started) / 1000;
  await addCost(study.folder.file("cost.json"), { seconds, scoringSeconds: seconds });
  const judge = judgeName === undefined ? {} : { judge: judgeName };
  return {
    arms: new Map(
      arms.map(({ arm, cells, scores }) => [
        arm.name,
        { ...withScores(overLanguages(found.get(arm.name)!), scores), ...judge, cells },
      ]),
    ),
    notes,
  };
}

function withScores(measures: OverLanguages, scores: ScoreMeasures | undefined): OverLanguages {
  if (scores === undefined) return measures;
  return {
    ...measures,
    all: { ...scores.all, ...measures.all },
    languages: Object.fromEntries(
      Object.entries(measures.languages).map(([language, found]) => [
        language,
        { ...found, measures: { ...scores.languages[language], ...found.measures } },
      ]),
    ),
  };
}

const valueSchema = z.looseObject({});
const measureSchema = z.looseObject({ set: valueSchema, human: valueSchema, relative: valueSchema });
const measuresSchema = z.looseObject({ measures: z.record(z.string(), measureSchema) });
/** A file that an older version wrote, or someone else, must not end a report. */
const resultSchema = z.custom<LexicalResult | EmbeddingResult | Judgement>(
  (value) => measuresSchema.safeParse(value).success,
);
type Result = z.output<typeof resultSchema>;

/** Measures texts of one language after another, with what is open for it. */
class Measuring {
  readonly #study: Study;
  readonly #cache: ScoreCache<Result>;
  readonly #thread = new MeasuresThread();
  #encoder: StudyEncoder | undefined;
  #judge: StudyJudge | undefined;
  /** Why there are no embeddings, and no ratings. */
  #withoutEncoder: string | undefined;
  #withoutJudge: string | undefined;
  readonly #notes = new Set<string>();
  #judgeName: string | undefined;

  private constructor(study: Study, cache: ScoreCache<Result>) {
    this.#study = study;
    this.#cache = cache;
  }

  static async open(study: Study): Promise<Measuring> {
    return new Measuring(study, await ScoreCache.open(study.folder.file("measures.json"), resultSchema));
  }

  get judgeName(): string | undefined {
    return this.#judgeName;
  }

  get notes(): readonly string[] {
    return [...this.#notes];
  }

  async measure(arm: Arm, language: string): Promise<MeasuredLanguage> {
    const { recipe, materials } = this.#study;
    const rows = arm.rows.filter((row) => row.language === language);
    const human = humanTexts(materials).flatMap((row) => (row.language === language ? [row.text] : []));
    const lexical: LexicalJob = {
      kind: "lexical",
      texts: rows.map(({ text }) => text),
      human,
      sources: sourcesOf(this.#study, language),
      language,
      budget: recipe.scoring.tokenBudget,
      seed: recipe.seed,
    };
    const found = await this.#remembered(keyOf(lexical), async () => lexical);
    const embedded = await this.#embedded(language, rows, human);
    this.#noteTruncated(arm.name, language, embedded, rows.length, human.length);
    const judged = await this.#judged(rows, language);
    return {
      ...found,
      ...embedded,
      measures: { ...found.measures, ...embedded.measures, ...judged },
    };
  }

  async #embedded(
    language: string,
    rows: readonly Sample[],
    human: readonly string[],
  ): Promise<EmbeddingResult> {
    if (rows.length === 0) return noEmbeddings("there are no texts");
    if (this.#withoutEncoder !== undefined) return noEmbeddings(this.#withoutEncoder);
    const { scoring, seed, task } = this.#study.recipe;
    const contrast = labelTexts(this.#study, language);
    const texts = rows.map(({ text }) => text);
    const options = {
      kind: "embeddings",
      labels: rows.map(({ label }) => label),
      authenticity: scoring.authenticity,
      authenticityTexts: authenticityTexts(task.languages.length),
      seed,
    } as const;
    try {
      this.#encoder ??= await StudyEncoder.of(this.#study);
      const encoder = this.#encoder;
      return await this.#remembered(
        keyOf(options, encoder.keyFor(language), texts, human, contrast),
        async () => {
          const reference = [
            ...human,
            ...contrast.flatMap(({ learned, heldOut }) => [...learned, ...heldOut]),
          ];
          const {
            encoder: name,
            matrices,
            truncated,
          } = await encoder.encode<string>(language, reference, {
            set: texts,
            human,
            ...Object.fromEntries(
              contrast.flatMap(({ learned, heldOut }, i) => [
                [`learned ${i}`, learned],
                [`heldOut ${i}`, heldOut],
              ]),
            ),
          });
          return {
            ...options,
            encodings: { encoder: name, set: matrices.set!, human: matrices.human! },
            ...(truncated
              ? {
                  truncated: {
                    tokens: truncated.tokens,
                    set: truncated.texts.set!,
                    human: truncated.texts.human!,
                  },
                }
              : {}),
            contrast: contrast.map(({ label }, i) => ({
              label,
              learned: matrices[`learned ${i}`]!,
              heldOut: matrices[`heldOut ${i}`]!,
            })),
          };
        },
      );
    } catch (error) {
      this.#withoutEncoder = reasonOf(error);
      this.#notes.add(`The texts could not be embedded (scoring.encoder). ${this.#withoutEncoder}`);
      return noEmbeddings(this.#withoutEncoder);
    }
  }

  #noteTruncated(
    arm: string,
    language: string,
    { embeddings }: EmbeddingResult,
    texts: number,
    humans: number,
  ): void {
    const { tokens, set = 0, human = 0 } = embeddings?.truncated ?? {};
    const of = [
      ...(set > 0 ? [`${set} of ${texts} texts of ${arm}`] : []),
      ...(human > 0 ? [`${human} of ${humans} human texts`] : []),
    ];
    if (of.length === 0) return;
    this.#notes.add(
      `${language}: the encoder reads ${tokens} tokens, and ${of.join(" and ")} were cut there before they were embedded.`,
    );
  }

  async #judged(rows: readonly Sample[], language: string): Promise<ReportedMeasures> {
    if (this.#study.recipe.scoring.judge === undefined) return {};
    if (rows.length === 0) return noJudgement("there are no texts");
    if (this.#withoutJudge !== undefined) return noJudgement(this.#withoutJudge);
    this.#judge ??= new StudyJudge(this.#study);
    try {
      const set = await this.#judgement(this.#judge, this.#judge.items(rows));
      const people = this.#judge.humanItems(language);
      if (people.length === 0) return set;
      return besideJudgedHuman(set, await this.#judgement(this.#judge, people));
    } catch (error) {
      this.#withoutJudge = reasonOf(error);
      this.#notes.add(`The judge rated no text (scoring.judge). ${this.#withoutJudge}`);
      return noJudgement(this.#withoutJudge);
    }
  }

  async #judgement(judge: StudyJudge, items: readonly JudgedItem[]): Promise<ReportedMeasures> {
    const key = keyOf("judge", judge.key, items);
    const known = this.#cache.get(key) as Judgement | undefined;
    const judgement = known ?? (await judge.rate(items));
    this.#judgeName = judgement.judge;
    for (const reason of judgement.reasons) this.#notes.add(`The judge did not rate every text. ${reason}`);
    if ((judgement.measures.judgeDisagreement?.set.value ?? 0) > MUCH_DISAGREEMENT) {
      this.#notes.add(
        "The judge often gives another rating when the rubric is shown in the other order (judgeDisagreement): its ratings say little.",
      );
    }
    // What a judge that was down or wrong left open is asked again next time.
    if (known === undefined && judgement.reasons.length === 0) {
      this.#cache.set(key, judgement);
      await this.#cache.save();
    }
    return judgement.measures;
  }

  async #remembered<Job extends MeasureJob>(
    key: string,
    prepare: () => Promise<Job>,
  ): Promise<MeasureResult<Job>> {
    const known = this.#cache.get(key);
    if (known !== undefined) return known as MeasureResult<Job>;
    const result = await this.#thread.run(await prepare(), this.#study.options.signal);
    this.#cache.set(key, result);
    await this.#cache.save();
    return result;
  }

  async close(): Promise<void> {
    await this.#thread.close();
    await this.#encoder?.[Symbol.asyncDispose]();
    await this.#judge?.[Symbol.asyncDispose]();
  }
}

/** Words depend on ICU, and zstd is not in every Node. */
const PLATFORM = [MEASURES_VERSION, process.versions.icu, canCompress("zstd")];

function keyOf(...parts: unknown[]): string {
  return createHash("sha256")
    .update(JSON.stringify([PLATFORM, parts]))
    .digest("hex");
}

/**
 * Why an encoder or a judge is missing, which a run goes on without.
 * @throws the error itself, if it is an interruption, the run folder's, or a mistake of ours
 */
function reasonOf(error: unknown): string {
  const fatal = error instanceof InterruptedError || error instanceof StoreError;
  if (fatal || !(error instanceof TillerError)) throw error;
  return error.message;
}
