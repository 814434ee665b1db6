import { setImmediate as yieldToMessages } from "node:timers/promises";
import koffi from "koffi";
import { logSumExp } from "./log-softmax.js";
import type { NativeContext } from "./native-context.js";
import { commonPrefix } from "./prompt-cache.js";
import { readTokens } from "./prompt-tokens.js";
import type { Operations } from "./protocol.js";
import { PREFILL_ROWS, type Session } from "./session.js";
import { checkLength } from "./stream-batch.js";

type Item = Operations["nextTokens"]["item"];

/** Sequences of the analysis context: the beginning, and the text that goes on from it. */
const BEGINNING = 0;
const TEXT = 1;

/**
 * Log-probabilities of some tokens after each text. What all texts begin with is read once; `frames` says how much that
 * is, so that a text's numbers do not depend on which others are asked about with it.
 */
export async function nextTokens(
  session: Session,
  { texts, frames, tokens }: Operations["nextTokens"]["input"],
  emit: (item: Item) => void,
  signal: AbortSignal,
): Promise<void> {
  const { chatTemplate, vocabulary } = session;
  const tokensOf = (text: (typeof texts)[number]) => readTokens(text, chatTemplate, vocabulary).tokens;
  const framed = frames.map(tokensOf);
  const shared = session.recurrent || framed.length < 2 ? 0 : Math.max(0, commonPrefix(framed));
  const context = session.analysis();
  context.clear();
  context.setControlVector(new Map());
  session.hooks.use([]);
  let kept = false;
  for (const [text, read] of texts.entries()) {
    await yieldToMessages();
    signal.throwIfAborted();
    const own = tokensOf(read);
    checkLength(own, context.capacity);
    const begins = own.length > shared && framed[0]?.slice(0, shared).every((token, i) => token === own[i]);
    if (begins && shared > 0) {
      if (!kept) evaluate(context, BEGINNING, own, 0, shared, false);
      kept = true;
      context.copy(BEGINNING, TEXT);
      evaluate(context, TEXT, own, shared, own.length, true);
    } else {
      // What lies beside a text in the cache moves its last bits.
      context.clear();
      kept = false;
      evaluate(context, TEXT, own, 0, own.length, true);
    }
    const pointer = session.native.llama_get_logits(context.pointer);
    const logits = new Float32Array(koffi.view(pointer, vocabulary.size * 4));
    const sum = logSumExp(logits);
    emit({ text, values: Float32Array.from(tokens, (token) => logits[token]! - sum) });
    context.remove(TEXT);
  }
  context.clear();
}

/** Decodes tokens `from` to `to`; with `output` the last one gives logits. */
function evaluate(
  context: NativeContext,
  sequence: number,
  tokens: Int32Array,
  from: number,
  to: number,
  output: boolean,
): void {
  for (let start = from; start < to; start += PREFILL_ROWS) {
    const rows = Math.min(PREFILL_ROWS, to - start);
    for (let row = 0; row < rows; row++) {
      const position = start + row;
      context.batch.set(row, tokens[position]!, position, sequence, output && position === to - 1);
    }
    context.decode(rows);
  }
}
