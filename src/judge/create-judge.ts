import { createHash } from "node:crypto";
import { z } from "zod";
import type { AnswerCache } from "../store/answer-cache.js";
import type { Choice, Chooser, Question } from "./chooser.js";
import type {
  Criterion,
  Judge,
  JudgedItem,
  JudgedPair,
  PreferredText,
  RatedText,
  TextRequest,
} from "./judge.js";
import { judgeAll } from "./judge-all.js";
import { criterionRating, preference } from "./rating.js";
import { type Order, preferenceQuestion, RUBRIC_VERSION, ratingQuestion } from "./rubric.js";

export interface JudgeSettings {
  /** Judgements of earlier runs, and where those of this one are kept. */
  readonly cache?: AnswerCache | undefined;
  /** Default true. False halves the cost, and says nothing of how much the order matters. */
  readonly bothOrders?: boolean | undefined;
}

const orderCheck = { orderEffect: z.number().optional(), ordersAgree: z.boolean().optional() };
const probability = z.number().min(0).max(1);

const criterionSchema = z.strictObject({
  expected: z.number().min(0).max(2),
  likeliest: z.int().min(0).max(2),
  mass: z.number().optional(),
  ...orderCheck,
});

const ratingSchema = z.strictObject({
  concept: criterionSchema,
  instruction: criterionSchema,
  fluency: criterionSchema,
});

const preferenceSchema = z.strictObject({ a: probability, mass: z.number().optional(), ...orderCheck });

/** A judge that puts the rubrics to a chooser, in both orders, and remembers what it was answered. */
export function createJudge(chooser: Chooser, { cache, bothOrders = true }: JudgeSettings = {}): Judge {
  const orders: readonly Order[] = bothOrders ? ["forward", "backward"] : ["forward"];
  const name = `${chooser.name}, rubrics ${RUBRIC_VERSION}${bothOrders ? "" : ", one order"}`;
  const { concurrency } = chooser;
  const keyOf = (...parts: readonly unknown[]) =>
    createHash("sha256")
      .update(JSON.stringify([name, ...parts]))
      .digest("hex");

  const inOrders = async (question: (order: Order) => Question, signal: AbortSignal): Promise<Choice[]> => {
    const choices: Choice[] = [];
    for (const order of orders) choices.push(await chooser.choose(question(order), signal));
    return choices;
  };
  const rateOne = async (item: JudgedItem, signal: AbortSignal): Promise<RatedText> => {
    const rate = async (criterion: Criterion) =>
      criterionRating(await inOrders((order) => ratingQuestion(item, criterion, order), signal));
    return {
      concept: await rate("concept"),
      instruction: await rate("instruction"),
      fluency: await rate("fluency"),
    };
  };
  const preferOne = async (pair: JudgedPair, signal: AbortSignal): Promise<PreferredText> =>
    preference(await inOrders((order) => preferenceQuestion(pair, order), signal));

  return {
    name,
    rate: (items, run = {}) =>
      judgeAll<RatedText>({
        judge: chooser.name,
        keys: items.map((item) => keyOf("rating", item.text, ...requestParts(item))),
        known: (index) => (isBlank(items[index]!.text) ? BLANK : undefined),
        ask: (index, signal) => rateOne(items[index]!, signal),
        schema: ratingSchema,
        cache,
        concurrency,
        ...run,
      }),
    prefer: (pairs, run = {}) =>
      judgeAll<PreferredText>({
        judge: chooser.name,
        keys: pairs.map((pair) => keyOf("preference", pair.a, pair.b, pair.criterion, ...requestParts(pair))),
        known: () => undefined,
        ask: (index, signal) => preferOne(pairs[index]!, signal),
        schema: preferenceSchema,
        cache,
        concurrency,
        ...run,
      }),
  };
}

const ZERO = { expected: 0, likeliest: 0 };
const BLANK: RatedText = { concept: ZERO, instruction: ZERO, fluency: ZERO };

function isBlank(text: string): boolean {
  return /^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(text);
}

function requestParts({ concept, label, language, instruction }: TextRequest): unknown[] {
  return [concept ?? null, label ?? null, language, instruction];
}
