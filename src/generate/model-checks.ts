import type { Engine } from "../engine/engine.js";
import { EngineError, TillerError } from "../errors.js";
import { JudgeFailure } from "../judge/chooser.js";
import { createEndpointJudge } from "../judge/endpoint-judge.js";
import { type Absence, CRITERIA, type Judge, type JudgedItem, type Rating } from "../judge/judge.js";
import { createLocalChooser, createLocalJudge } from "../judge/local-judge.js";
import { selfCheckThreshold } from "../recipe/fingerprint.js";
import type { Recipe } from "../recipe/schema.js";
import { AnswerCache } from "../store/answer-cache.js";
import type { ModelFilterName } from "../store/sample.js";
import { taskInstruction } from "./prompt-book.js";
import { type CheckedText, selfCheck } from "./self-check.js";

/** Where a run folder keeps what its judge said: the scores read the same file. */
export const JUDGEMENTS_FILE = "judgements.jsonl";

/** What models found of a text. A number is missing where the model was not asked, or gave none. */
export interface ModelFinding {
  readonly failed: readonly ModelFilterName[];
  /** As `Sample.selfCheck`. */
  readonly selfCheck?: number | undefined;
  /** As `Sample.judge`. */
  readonly judge?: number | undefined;
}

/** The filters that ask a model, `filters.selfCheck` and `filters.judge`. */
export interface ModelChecks {
  /**
   * Asks about texts, and gives the findings in their order. The judge is asked only about what passed the self-check.
   * A text for which a model has no answer, such as one that a server refuses, fails.
   *
   * @throws TillerError if the judge does not answer; EngineError if the engine crashes on every attempt;
   *   InterruptedError
   */
  check(texts: readonly CheckedText[], signal?: AbortSignal): Promise<ModelFinding[]>;
  close(): Promise<void>;
}

/**
 * The recipe's model-based filters; undefined if it has none.
 *
 * @param options.cacheFile Where the judge's ratings are kept: the file in which the run keeps those of its scores.
 * @param options.judge In place of the recipe's judge.
 * @throws EngineError if the engine gives no log-probabilities; RecipeError for a judge that cannot be asked;
 *   StoreError if the cache cannot be opened
 */
export async function openModelChecks(
  engine: Engine,
  recipe: Recipe,
  options: { readonly cacheFile: string; readonly judge?: Judge | undefined },
): Promise<ModelChecks | undefined> {
  const threshold = selfCheckThreshold(recipe.filters.selfCheck);
  const least = recipe.filters.judge;
  if (threshold === undefined && least === undefined) return undefined;
  if (!engine.capabilities.logProbabilities && (threshold !== undefined || isLocal(recipe))) {
    const key = threshold === undefined ? "judge" : "selfCheck";
    throw new EngineError(`filters.${key}: the engine of ${engine.model.name} gives no log-probabilities.`);
  }
  const chooser = threshold === undefined ? undefined : createLocalChooser(engine);
  const cache = least === undefined || options.judge ? undefined : await AnswerCache.open(options.cacheFile);
  const judge = least === undefined ? undefined : (options.judge ?? (await openJudge(engine, recipe, cache)));

  return {
    async check(texts, signal = new AbortController().signal) {
      const findings: ModelFinding[] = [];
      for (const text of texts) {
        if (chooser === undefined || threshold === undefined) findings.push({ failed: [] });
        else {
          const yes = await answered(() => selfCheck(chooser, recipe, text, signal));
          findings.push(graded("self-check", yes, threshold));
        }
      }
      if (judge === undefined || least === undefined) return findings;
      const open = texts.flatMap((_, at) => (findings[at]!.failed.length === 0 ? [at] : []));
      const items = open.map((at) => judgedItem(recipe, texts[at]!));
      const ratings = await rateAll(judge, items, signal);
      for (const [i, at] of open.entries()) {
        findings[at] = { ...findings[at]!, ...graded("judge", meanRating(ratings[i]!), least) };
      }
      return findings;
    },
    async close() {
      await cache?.close();
    },
  };
}

/** The row shows the number by which the text passed or failed, so the rounded one decides. */
function graded(filter: ModelFilterName, value: number | undefined, least: number): ModelFinding {
  const rounded = value === undefined ? undefined : Math.round(value * 1000) / 1000;
  const passes = rounded !== undefined && rounded >= least;
  return {
    failed: passes ? [] : [filter],
    ...(rounded === undefined ? {} : { [filter === "judge" ? "judge" : "selfCheck"]: rounded }),
  };
}

/** What a model answers; undefined if it has no answer to this text. That it does not answer at all is an error. */
async function answered(ask: () => Promise<number>): Promise<number | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof JudgeFailure)) throw error;
    if (error.kind !== "down") return undefined;
    throw new EngineError(`filters.selfCheck: ${error.message}`, { cause: error, crashed: true });
  }
}

/** Rates texts; what has no rating is asked about once more, so that a refusal of the text is told from one of all. */
async function rateAll(judge: Judge, items: readonly JudgedItem[], signal: AbortSignal): Promise<Rating[]> {
  const ratings = await rateOnce(judge, items, signal);
  const absent = ratings.flatMap((rating, at) => (rating.absent === undefined ? [] : [at]));
  if (absent.length === items.length) return ratings;
  const again = await rateOnce(
    judge,
    absent.map((at) => items[at]!),
    signal,
  );
  for (const [i, at] of absent.entries()) ratings[at] = again[i]!;
  return ratings;
}

async function rateOnce(judge: Judge, items: readonly JudgedItem[], signal: AbortSignal): Promise<Rating[]> {
  if (items.length === 0) return [];
  const ratings = await judge.rate(items, { signal }).catch((error): Rating[] => {
    // Not one text was rated: if that is for what the texts say, they fail, and the run goes on.
    const failure: unknown = error instanceof EngineError ? error.cause : undefined;
    const isOfTexts = failure instanceof JudgeFailure && failure.kind !== "down" && !failure.final;
    if (!isOfTexts) throw downError(error);
    return items.map(() => ({ absent: failure.kind, reason: failure.message }));
  });
  const down = ratings.find((rating): rating is Absence => rating.absent === "down");
  if (down) throw downError(new EngineError(down.reason));
  return ratings;
}

function downError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  // No EngineError: it is the judge's fault, and that of no configuration whose texts it was to rate.
  return new TillerError(
    `filters.judge: ${error.message} The texts of this batch are not kept; run the same command again when the judge ` +
      "answers, and they are written again. What it has rated is remembered.",
    { cause: error },
  );
}

function isLocal({ filters, scoring }: Recipe): boolean {
  return filters.judge !== undefined && scoring.judge === "local";
}

async function openJudge(
  engine: Engine,
  { scoring }: Recipe,
  cache: AnswerCache | undefined,
): Promise<Judge> {
  if (scoring.judge === undefined) throw new RangeError("The recipe asks for no judge.");
  if (scoring.judge === "local") return createLocalJudge(engine, { cache });
  const { endpoint, model, keyEnv } = scoring.judge;
  try {
    return createEndpointJudge({ url: endpoint, model, keyVariable: keyEnv, cache });
  } catch (error) {
    await cache?.close();
    throw error;
  }
}

function judgedItem(recipe: Recipe, { text, label, language }: CheckedText): JudgedItem {
  return { text, label, language, instruction: taskInstruction(recipe, language, label) };
}

/** Mean of the expected ratings over the criteria, 0 to 2; undefined without a rating. */
function meanRating(rating: Rating): number | undefined {
  if (rating.absent !== undefined) return undefined;
  return CRITERIA.reduce((sum, criterion) => sum + rating[criterion].expected, 0) / CRITERIA.length;
}
