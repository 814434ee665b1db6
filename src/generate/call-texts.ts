import type { Completion } from "../engine/engine.js";
import type { Recipe } from "../recipe/schema.js";
import { cleanText } from "../tasks/clean-text.js";
import type { ChatFormat } from "../tasks/prompt.js";
import { splitTexts } from "../tasks/split-texts.js";
import { findTemplate } from "../tasks/templates.js";
import { trimToSentence } from "../tasks/trim-to-sentence.js";

/** One text of a call, as a row has it. */
export interface CallText {
  readonly text: string;
  readonly tokens: number;
  readonly finish: Completion["finish"];
}

export interface CallOptions {
  /** Texts that a call is asked for. */
  readonly perCall: number;
  /** What stands between them. */
  readonly separator: string;
  /** The first and the last text were asked for to be dropped; see `PromptTemplate`. */
  readonly dropEnds?: boolean | undefined;
  readonly chat: ChatFormat;
  /** ISO 639 code. */
  readonly language: string;
}

/** What a recipe's calls are asked for, and how their texts are told apart: the template's words may fix that. */
export function callForm({ samples, task }: Recipe): Omit<CallOptions, "language"> {
  const { separator = samples.separator, surplus = 0 } = findTemplate(task.prompt).several ?? {};
  return { perCall: samples.perCall, separator, dropEnds: surplus > 0, chat: task.chat };
}

/**
 * The texts that one call of the model gave: cleaned, without empty ones, at most `perCall`, and at least one, which
 * is empty if the model wrote nothing. Every call leaves a trace, so that which calls were made can be seen from the
 * rows.
 *
 * Where the call stopped at the token limit, the text that it stopped in is cut to its last whole sentence and has
 * `finish` `length`; the ones before it end at the separator and have `stop`.
 *
 * The call's tokens are divided by the texts' lengths: the parts are whole and sum to the call's.
 */
export function textsOfCall(
  { text, tokens, finish }: Pick<Completion, "text" | "tokens" | "finish">,
  { perCall, separator, dropEnds = false, chat, language }: CallOptions,
): CallText[] {
  const cleaned = (piece: string, end: Completion["finish"]) => {
    const whole = cleanText(piece, { chat });
    return end === "length" ? trimToSentence(whole, language) : whole;
  };
  if (perCall === 1) return [{ text: cleaned(text, finish), tokens, finish }];
  const pieces = splitTexts(text, separator, { count: dropEnds ? perCall + 2 : perCall, dropEnds });
  const texts = pieces.map((piece, place) => {
    const end = place === pieces.length - 1 && !dropEnds ? finish : "stop";
    return { text: cleaned(piece, end), finish: end };
  });
  const some = texts.filter(({ text }) => text !== "").slice(0, perCall);
  if (some.length === 0) return [{ text: "", tokens, finish }];
  const parts = dividedBy(
    tokens,
    some.map(({ text }) => text.length),
  );
  return some.map((each, place) => ({ ...each, tokens: parts[place]! }));
}

/** Whole parts of a whole number in the ratio of the weights, which are above 0. */
function dividedBy(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((before, weight) => before + weight, 0);
  let upTo = 0;
  let given = 0;
  return weights.map((weight) => {
    upTo += weight;
    const part = Math.round((total * upTo) / sum) - given;
    given += part;
    return part;
  });
}
