import { setImmediate as yieldToMessages } from "node:timers/promises";
import koffi from "koffi";
import { EngineError } from "../../errors.js";
import type { Capture, Prompt, ReadText, TokenLogProbabilities } from "../engine.js";
import { CaptureAccumulator } from "./capture-accumulator.js";
import type { ResidualHandler } from "./hooks.js";
import { planSteering, type SteeringPlan } from "./interventions.js";
import { logSoftmax, logSumExp } from "./log-softmax.js";
import { contextTokens, type NativeContext } from "./native-context.js";
import { type Pack, packTexts, type TokenText } from "./packing.js";
import { readTokens } from "./prompt-tokens.js";
import type { Operations, Steering } from "./protocol.js";
import { type PromptGate, promptGates, RowSteering } from "./row-steering.js";
import { ANALYSIS_SEQUENCES, PREFILL_ROWS, type Session } from "./session.js";
import { checkLength } from "./stream-batch.js";

/** Logits of one decode may take this many bytes, which bounds the rows for large vocabularies. */
const LOGITS_BYTES = 128 * 2 ** 20;

function rowsWithLogits({ vocabulary }: Session): number {
  return Math.min(PREFILL_ROWS, Math.max(8, Math.floor(LOGITS_BYTES / (4 * vocabulary.size) / 8) * 8));
}

/** The context in which texts are read, with the interventions in force. */
class Reading {
  readonly context: NativeContext;
  readonly texts: readonly TokenText[];
  readonly plan: SteeringPlan;
  /** Undefined where the control vector does the work, or nothing is to be done. */
  readonly steering: RowSteering | undefined;
  readonly #gates = new Map<number, PromptGate[]>();

  constructor(session: Session, texts: readonly ReadText[], steering: Steering) {
    this.plan = planSteering(steering, session.steerable);
    if (this.plan.layers.length > 0) session.requireResiduals();
    this.texts = texts.map((text) => readTokens(text, session.chatTemplate, session.vocabulary));
    requireSelected(this.plan, this.texts);
    const hooked = this.plan.layers.length > 0 && this.plan.route === "callback";
    this.steering = hooked ? new RowSteering(session.steerable) : undefined;
    this.context = session.analysis();
    this.context.clear();
    this.context.setControlVector(hooked ? new Map() : this.plan.additions);
    if (this.steering) session.hooks.use(this.plan.layers, this.steering.handle);
    else session.hooks.use([]);
  }

  /** Names the rows of a decode to the interventions. */
  begin(session: Session, pack: Pack, outputs?: readonly number[]): void {
    const { plan } = this;
    const prompts = plan.gates.some(({ over }) => over === "prompt");
    const gatesOf = (text: number) => {
      const gates = this.#gates.get(text) ?? promptGates(plan, session.width);
      this.#gates.set(text, gates);
      return gates;
    };
    this.steering?.begin(
      pack.rows.map((row) => ({ ...row, plan, gates: prompts ? gatesOf(row.text) : undefined })),
      outputs,
    );
    for (const text of pack.finished) this.#gates.delete(text);
  }
}

/** Refuses an intervention that picks no row of any text. */
function requireSelected(plan: SteeringPlan, texts: readonly TokenText[]): void {
  for (const [layer, steps] of plan.steps) {
    for (const { selects } of steps) {
      const reached =
        !selects ||
        texts.some(({ tokens, promptLength }) =>
          tokens.some((token, position) => selects({ token, position, promptLength, length: tokens.length })),
        );
      if (reached) continue;
      throw new EngineError(
        `The selection of the intervention at layer ${layer} picks no row of any text. Choose other positions or tokens.`,
      );
    }
  }
}

async function* decodePacks(
  session: Session,
  reading: Reading,
  rows: number,
  wantsOutput: boolean,
  before: (pack: Pack) => void,
  signal: AbortSignal,
): AsyncGenerator<Pack> {
  const { context } = reading;
  const limits = { rows, sequences: session.recurrent ? 1 : ANALYSIS_SEQUENCES, capacity: context.capacity };
  for (const pack of packTexts(reading.texts, limits)) {
    await yieldToMessages();
    signal.throwIfAborted();
    if (pack.fresh) context.clear();
    for (const [i, row] of pack.rows.entries()) {
      context.batch.set(i, row.token, row.position, row.sequence, wantsOutput);
    }
    reading.begin(session, pack, wantsOutput ? undefined : []);
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
  session.requireResiduals();
  const reading = new Reading(session, texts, options);
  const accumulator = new CaptureAccumulator(session, options);
  const deepest = Math.max(...options.layers);
  const { steering } = reading;
  const steered = steering ? reading.plan.layers.filter((layer) => layer <= deepest) : [];
  const layers = new Set([...options.layers, ...steered]);
  const take: ResidualHandler = (layer, values) => {
    const changed = steering?.handle(layer, values) ?? false;
    accumulator.take(layer, values);
    return changed;
  };
  session.hooks.use(layers, take, { stop: options.layers.length > 0 });
  // The last block's output holds only the rows whose logits were asked for.
  const last = options.layers.includes(session.layers - 1);
  try {
    const packs = decodePacks(
      session,
      reading,
      last ? rowsWithLogits(session) : PREFILL_ROWS,
      last,
      (pack) => accumulator.begin(pack.rows),
      signal,
    );
    for await (const pack of packs) for (const text of pack.finished) accumulator.finish(text, emit);
  } finally {
    session.hooks.use([]);
  }
}

/** Log-probability of every token of each text, or of its answer, given the tokens before it. */
export async function logProbabilities(
  session: Session,
  { texts, options }: Operations["logProbabilities"]["input"],
  emit: (item: TokenLogProbabilities) => void,
  signal: AbortSignal,
): Promise<void> {
  const reading = new Reading(session, texts, options);
  const { size } = session.vocabulary;
  const values = new Map<number, number[]>();
  const isAnswered = texts.map((text) => typeof text !== "string" && text.answer !== undefined);
  /** The row before this one may be in the pack before. */
  let pending: Float32Array | undefined;
  try {
    const packs = decodePacks(session, reading, rowsWithLogits(session), true, () => {}, signal);
    for await (const pack of packs) {
      const logits = viewLogits(session, reading.context, pack.rows.length);
      for (const [i, row] of pack.rows.entries()) {
        if (row.position === 0) values.set(row.text, []);
        if (row.position === 0 || (isAnswered[row.text] && row.position < row.promptLength)) continue;
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

/** Log-probabilities of the whole vocabulary after a text. */
export async function nextToken(
  session: Session,
  text: Prompt | ReadText,
  steering: Steering,
  signal: AbortSignal,
): Promise<Float32Array> {
  const whole = typeof text === "string" || "prompt" in text ? text : { prompt: text };
  const reading = new Reading(session, [whole], steering);
  const { context, texts } = reading;
  checkLength(texts[0]!.tokens, Math.min(context.capacity, contextTokens(session.context)));
  try {
    for (const pack of packTexts(texts, { rows: PREFILL_ROWS, sequences: 1, capacity: context.capacity })) {
      signal.throwIfAborted();
      const last = pack.rows.length - 1;
      for (const [i, row] of pack.rows.entries()) {
        context.batch.set(i, row.token, row.position, 0, i === last);
      }
      reading.begin(session, pack, [last]);
      context.decode(pack.rows.length);
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
