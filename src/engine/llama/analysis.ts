import { setImmediate as yieldToMessages } from "node:timers/promises";
import koffi from "koffi";
import type { Capture, Prompt, TokenLogProbabilities } from "../engine.js";
import { CaptureAccumulator } from "./capture-accumulator.js";
import { checkLength, requireResiduals } from "./generate.js";
import type { ResidualHandler } from "./hooks.js";
import { additionHandler, planSteering, type SteeringPlan } from "./interventions.js";
import { logSoftmax, logSumExp } from "./log-softmax.js";
import { contextTokens, type NativeContext } from "./native-context.js";
import { type Pack, packTexts } from "./packing.js";
import { promptTokens } from "./prompt-tokens.js";
import type { Operations, Steering } from "./protocol.js";
import { ANALYSIS_SEQUENCES, PREFILL_ROWS, type Session } from "./session.js";

/** Logits of one decode may take this many bytes, which bounds the rows for large vocabularies. */
const LOGITS_BYTES = 128 * 2 ** 20;

function rowsWithLogits({ vocabulary }: Session): number {
  return Math.min(PREFILL_ROWS, Math.max(8, Math.floor(LOGITS_BYTES / (4 * vocabulary.size) / 8) * 8));
}

/** Prepares the context in which texts are read, with the interventions in force. */
function prepare(session: Session, steering: Steering): { context: NativeContext; plan: SteeringPlan } {
  const plan = planSteering(steering, session.layers, session.width);
  if (plan.additions.size > 0) requireResiduals(session);
  const context = session.analysis();
  context.clear();
  context.setControlVector(plan.route === "native" ? plan.additions : new Map());
  const handler = additionHandler(session.width, (layer) => plan.additions.get(layer));
  session.hooks.use(plan.route === "callback" ? plan.additions.keys() : [], handler);
  return { context, plan };
}

async function* decodePacks(
  session: Session,
  context: NativeContext,
  texts: readonly string[],
  rows: number,
  wantsOutput: (pack: Pack, row: number) => boolean,
  before: (pack: Pack) => void,
  signal: AbortSignal,
): AsyncGenerator<Pack> {
  const tokens = texts.map((text) => session.vocabulary.tokenize(text, true, false));
  const limits = { rows, sequences: ANALYSIS_SEQUENCES, capacity: context.capacity };
  for (const pack of packTexts(tokens, limits)) {
    await yieldToMessages();
    signal.throwIfAborted();
    if (pack.fresh) context.clear();
    for (const [i, row] of pack.rows.entries()) {
      context.batch.set(i, row.token, row.position, row.sequence, wantsOutput(pack, i));
    }
    before(pack);
    context.decode(pack.rows.length);
    session.hooks.rethrow();
    yield pack;
  }
}

/** Residual streams of texts at any set of layers, one prefill for all of them. */
export async function capture(
  session: Session,
  { texts, options }: Operations["capture"]["input"],
  emit: (capture: Capture) => void,
  signal: AbortSignal,
): Promise<void> {
  requireResiduals(session);
  const { context, plan } = prepare(session, options);
  const accumulator = new CaptureAccumulator(session, options.layers, options.pooling);
  const steer =
    plan.route === "callback"
      ? additionHandler(session.width, (layer) => plan.additions.get(layer))
      : undefined;
  const deepest = Math.max(...options.layers);
  const steered = steer ? [...plan.additions.keys()].filter((layer) => layer <= deepest) : [];
  const layers = new Set([...options.layers, ...steered]);
  const take: ResidualHandler = (layer, values) => {
    const changed = steer?.(layer, values) ?? false;
    accumulator.take(layer, values);
    return changed;
  };
  session.hooks.use(layers, take, { stop: options.layers.length > 0 });
  // The last block's output holds only the rows whose logits were asked for.
  const last = options.layers.includes(session.layers - 1);
  try {
    const packs = decodePacks(
      session,
      context,
      texts,
      last ? rowsWithLogits(session) : PREFILL_ROWS,
      () => last,
      (pack) => accumulator.begin(pack.rows),
      signal,
    );
    for await (const pack of packs) for (const text of pack.finished) accumulator.finish(text, emit);
  } finally {
    session.hooks.use([]);
  }
}

/** Log-probability of every token of each text, given the tokens before it. */
export async function logProbabilities(
  session: Session,
  { texts, options }: Operations["logProbabilities"]["input"],
  emit: (item: TokenLogProbabilities) => void,
  signal: AbortSignal,
): Promise<void> {
  const { context } = prepare(session, options);
  const { size } = session.vocabulary;
  const values = new Map<number, number[]>();
  /** The row before this one may be in the pack before. */
  let pending: Float32Array | undefined;
  try {
    const packs = decodePacks(
      session,
      context,
      texts,
      rowsWithLogits(session),
      () => true,
      () => {},
      signal,
    );
    for await (const pack of packs) {
      const logits = viewLogits(session, context, pack.rows.length);
      for (const [i, row] of pack.rows.entries()) {
        if (row.position === 0) {
          values.set(row.text, []);
          continue;
        }
        const from = i === 0 ? pending! : logits.subarray((i - 1) * size, i * size);
        values.get(row.text)!.push(from[row.token]! - logSumExp(from));
      }
      pending = logits.slice((pack.rows.length - 1) * size);
      for (const text of pack.finished) {
        emit({ text, values: Float32Array.from(values.get(text)!) });
        values.delete(text);
      }
    }
  } finally {
    session.hooks.use([]);
  }
}

/** Log-probabilities of the whole vocabulary after a prompt. */
export async function nextToken(
  session: Session,
  prompt: Prompt,
  steering: Steering,
  signal: AbortSignal,
): Promise<Float32Array> {
  const { context } = prepare(session, steering);
  const tokens = promptTokens(prompt, session.chatTemplate, session.vocabulary);
  checkLength(tokens, Math.min(context.capacity, contextTokens(session.context)));
  let rows = 0;
  try {
    for (const pack of packTexts([tokens], {
      rows: PREFILL_ROWS,
      sequences: 1,
      capacity: context.capacity,
    })) {
      signal.throwIfAborted();
      rows = pack.rows.length;
      for (const [i, row] of pack.rows.entries()) {
        context.batch.set(i, row.token, row.position, 0, i === rows - 1);
      }
      context.decode(rows);
      session.hooks.rethrow();
    }
  } finally {
    session.hooks.use([]);
  }
  return logSoftmax(viewLogits(session, context, 1));
}

/** The logits of the decode just made, without a copy; valid until the next one. `[rows][vocabulary]` */
function viewLogits(session: Session, context: NativeContext, rows: number): Float32Array {
  const pointer = session.native.llama_get_logits(context.pointer);
  return new Float32Array(koffi.view(pointer, rows * session.vocabulary.size * 4));
}
