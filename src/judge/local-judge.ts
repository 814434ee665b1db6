import type { Engine, Prompt } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { startsWith } from "../engine/token-prefix.js";
import { EngineError } from "../errors.js";
import { type Choice, type Chooser, choiceOf, JudgeFailure, type Question } from "./chooser.js";
import { createJudge, type JudgeSettings } from "./create-judge.js";
import type { Judge } from "./judge.js";

/** The part of an engine that a judge needs. */
export type JudgingEngine = Pick<
  Engine,
  "model" | "capabilities" | "tokenize" | "nextToken" | "logProbabilities"
>;

/** A judge on the engine's model, unsteered: see {@link createLocalChooser}. @throws as it does */
export function createLocalJudge(engine: JudgingEngine, settings: JudgeSettings = {}): Judge {
  return createJudge(createLocalChooser(engine), settings);
}

/**
 * Puts questions to the engine's model, unsteered.
 *
 * It writes nothing. The question is put in the model's chat template (as plain text if it has none), the answer's
 * beginning ("Rating: ") is put into the model's mouth, and the log-probabilities of the allowed answers are read
 * there and renormalised. For a closed set of answers this is the grammar constraint itself: sampling under a grammar
 * that allows only these answers draws from exactly this distribution, so there is nothing to parse that could fail.
 *
 * @throws EngineError if the engine gives no log-probabilities.
 */
export function createLocalChooser(engine: JudgingEngine): Chooser {
  const { model, capabilities } = engine;
  if (!capabilities.logProbabilities) {
    throw new EngineError(
      `${model.name} cannot judge: its engine gives no log-probabilities. Judge with another model, or over an endpoint.`,
    );
  }
  const plans = new Map<string, Promise<AnswerPlan>>();
  const planOf = ({ lead, answers }: Question) => {
    const key = JSON.stringify([lead, answers]);
    const plan = plans.get(key) ?? planAnswers(engine, lead, answers);
    plan.catch(() => plans.delete(key));
    plans.set(key, plan);
    return plan;
  };
  return {
    name: `${model.name} ${model.sha256}`,
    // The engine reads one question at a time, and what is read alone has the same numbers every time.
    concurrency: 1,
    async choose(question, signal) {
      try {
        return await retryAfterCrash("judging a text", async () =>
          readAnswers(engine, question, await planOf(question), signal),
        );
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        throw new JudgeFailure(error.crashed ? "down" : "failed", error.message, { cause: error });
      }
    },
  };
}

/** Tokens of the answers after their lead. */
interface AnswerPlan {
  /** How many last tokens of each answer are not the same in all of them. */
  readonly own: readonly number[];
  /** If each answer has one such token: the text before it, and the tokens. */
  readonly single: { readonly beginning: string; readonly tokens: readonly number[] } | undefined;
}

async function planAnswers(
  engine: JudgingEngine,
  lead: string,
  answers: readonly string[],
): Promise<AnswerPlan> {
  const rows: Int32Array[] = [];
  for (const answer of answers) rows.push(await engine.tokenize(lead + answer));
  const first = rows[0]!;
  let common = 0;
  while (rows.every((row) => common < row.length && row[common] === first[common])) common++;
  const own = rows.map((row) => row.length - common);
  for (const [i, row] of rows.entries()) {
    if (rows.some((other, j) => i !== j && startsWith(other, row))) {
      throw new RangeError(`The answer ${JSON.stringify(answers[i])} is the beginning of another one.`);
    }
  }
  if (own.every((count) => count === 1)) {
    // Vocabularies differ in whether the space before an answer is a token, or a part of the answer's.
    for (const beginning of [lead, lead.trimEnd()]) {
      const tokens = await engine.tokenize(beginning);
      if (tokens.length === common && startsWith(first, tokens)) {
        return { own, single: { beginning, tokens: rows.map((row) => row[common]!) } };
      }
    }
  }
  return { own, single: undefined };
}

/**
 * Probabilities of the answers after the lead. One reading where each answer has one token of its own; else one for
 * each answer, whose log-probability is the sum over the tokens that it does not share with the others.
 */
async function readAnswers(
  engine: JudgingEngine,
  { messages, lead, answers }: Question,
  { own, single }: AnswerPlan,
  signal: AbortSignal,
): Promise<Choice> {
  const prompt: Prompt = engine.model.hasChatTemplate
    ? messages
    : `${messages.map(({ content }) => content).join("\n\n")}\n\n`;
  const weights = answers.map(() => 0);
  if (single) {
    const next = await engine.nextToken({ prompt, answer: single.beginning }, { signal });
    for (const [i, token] of single.tokens.entries()) weights[i] = Math.exp(next[token]!);
  } else {
    const texts = answers.map((answer) => ({ prompt, answer: lead + answer }));
    for await (const { text, values } of engine.logProbabilities(texts, { signal })) {
      // Counted from the end: whether the lead begins with a space depends on what is before it.
      weights[text] = Math.exp(values.subarray(-own[text]!).reduce((sum, value) => sum + value, 0));
    }
  }
  return choiceOf(weights);
}
