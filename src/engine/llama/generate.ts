import { setImmediate as yieldToMessages } from "node:timers/promises";
import { EngineError } from "../../errors.js";
import type { Completion, GenerationRequest } from "../engine.js";
import type { Pointer } from "./bindings.js";
import { additionHandler, planSteering } from "./interventions.js";
import type { NativeContext } from "./native-context.js";
import { promptTokens } from "./prompt-tokens.js";
import type { Operations } from "./protocol.js";
import { createSampler } from "./sampler.js";
import type { Session } from "./session.js";
import { TextAssembler } from "./text-assembler.js";

type Options = Operations["generate"]["input"]["options"];

/** Prompts of a job that are each kept in a stream of their own; a job with more shares only their beginning. */
const MAX_KEPT_PROMPTS = 8;
/** llama.cpp's kernels round alike from this many rows on, so that smaller jobs are padded to it. */
const MIN_ROWS = 8;

/** One text being written. */
interface Slot {
  readonly index: number;
  readonly sampler: Pointer;
  readonly text: TextAssembler;
  readonly promptTokens: number;
  token: number;
  position: number;
  tokens: number;
}

/** A decode always has this many rows, whatever is left of the job. A single sequence stays single. */
export function rowsOfJob(requests: number, sequences: number): number {
  return Math.min(sequences, Math.max(MIN_ROWS, Math.ceil(requests / 4) * 4));
}

function commonPrefix(prompts: readonly Int32Array[]): number {
  const first = prompts[0]!;
  // The last token of a prompt is decoded with the texts, since its row is the one to sample from.
  let length = Math.min(...prompts.map((prompt) => prompt.length)) - 1;
  for (const prompt of prompts) {
    let same = 0;
    while (same < length && prompt[same] === first[same]) same++;
    length = same;
  }
  return length;
}

/** Evaluated prompts: the part that all share in one stream, and a few whole ones in others. */
class PromptCache {
  readonly #context: NativeContext;
  readonly #shared: number;
  readonly #stream: number;
  readonly #kept = new Map<Int32Array, number>();

  constructor(context: NativeContext, distinct: readonly Int32Array[], firstStream: number) {
    this.#context = context;
    this.#stream = firstStream;
    this.#shared = commonPrefix(distinct);
    this.#evaluate(firstStream, distinct[0]!, 0, this.#shared);
    if (distinct.length === 1 || distinct.length > MAX_KEPT_PROMPTS) return;
    for (const [i, prompt] of distinct.entries()) {
      const stream = firstStream + 1 + i;
      this.load(stream, prompt);
      this.#kept.set(prompt, stream);
    }
  }

  /** Fills a stream with the prompt, all but its last token. */
  load(stream: number, prompt: Int32Array): void {
    const kept = this.#kept.get(prompt);
    const source = kept ?? this.#stream;
    const length = kept === undefined ? this.#shared : prompt.length - 1;
    this.#context.remove(stream);
    if (length > 0) this.#context.copy(source, stream);
    this.#evaluate(stream, prompt, length, prompt.length - 1);
  }

  #evaluate(stream: number, prompt: Int32Array, from: number, to: number): void {
    const { batch } = this.#context;
    for (let start = from; start < to; start += batch.capacity) {
      const rows = Math.min(batch.capacity, to - start);
      for (let row = 0; row < rows; row++) batch.set(row, prompt[start + row]!, start + row, stream, false);
      this.#context.decode(rows);
    }
  }
}

/**
 * Writes a text for each request: continuous batching with the common beginning of the prompts evaluated once,
 * a finished sequence replaced at once, every decode of one shape, and every sequence in a cache stream of its
 * own, so that a text depends on its prompt, seed and interventions and not on its neighbours.
 */
export async function generate(
  session: Session,
  requests: readonly GenerationRequest[],
  options: Options,
  emit: (completion: Completion) => void,
  signal: AbortSignal,
): Promise<void> {
  if (requests.length === 0) return;
  const prompts = tokenizePrompts(session, requests);
  const distinct = [...new Set(prompts)];
  const plan = planSteering(options, session.layers, session.width);
  if (plan.additions.size > 0) requireResiduals(session);
  const rows = rowsOfJob(requests.length, options.sequences);
  const kept = distinct.length > 1 && distinct.length <= MAX_KEPT_PROMPTS ? distinct.length : 0;
  const hooked = plan.route === "callback" && plan.additions.size > 0;
  const context = session.generation(rows + 1 + kept, hooked);
  for (const prompt of distinct) checkLength(prompt, context.capacity);
  context.clear();
  context.setControlVector(plan.route === "native" ? plan.additions : new Map());
  if (hooked) session.hooks.use(plan.additions.keys(), additionHandler(plan.additions));
  const slots: (Slot | undefined)[] = new Array(rows).fill(undefined);
  try {
    const cache = new PromptCache(context, distinct, rows);
    let next = 0;
    const refill = (sequence: number) => {
      const request = requests[next];
      const old = slots[sequence];
      if (old) session.native.llama_sampler_free(old.sampler);
      slots[sequence] = undefined;
      if (!request) return;
      const prompt = prompts[next]!;
      cache.load(sequence, prompt);
      slots[sequence] = {
        index: next,
        sampler: createSampler(session.native, session.vocabulary, options.decoding, request.seed),
        text: new TextAssembler(options.decoding.stop),
        promptTokens: prompt.length,
        token: prompt[prompt.length - 1]!,
        position: prompt.length - 1,
        tokens: 0,
      };
      next++;
    };
    for (let sequence = 0; sequence < rows; sequence++) refill(sequence);
    while (slots.some((slot) => slot !== undefined)) {
      await yieldToMessages();
      signal.throwIfAborted();
      step(context, slots, session.vocabulary.bos);
      if (hooked) session.hooks.rethrow();
      const finished: number[] = [];
      for (const [sequence, slot] of slots.entries()) {
        if (!slot) continue;
        const finish = advance(session, context, slot, sequence, options.decoding.maxTokens);
        if (!finish) continue;
        finished.push(sequence);
        emit({
          index: slot.index,
          text: slot.text.end(),
          promptTokens: slot.promptTokens,
          tokens: slot.tokens,
          finish,
        });
      }
      // A new prompt may need a decode of its own, after which this step's logits are gone.
      for (const sequence of finished) refill(sequence);
    }
  } finally {
    for (const slot of slots) if (slot) session.native.llama_sampler_free(slot.sampler);
    session.hooks.use([]);
  }
}

/** Equal prompts become one array, so that they can be compared by identity. */
function tokenizePrompts(session: Session, requests: readonly GenerationRequest[]): Int32Array[] {
  const known = new Map<string, Int32Array>();
  return requests.map(({ prompt }) => {
    const key = JSON.stringify(prompt);
    const tokens = known.get(key) ?? promptTokens(prompt, session.chatTemplate, session.vocabulary);
    known.set(key, tokens);
    if (tokens.length === 0) throw new EngineError("The prompt is empty.");
    return tokens;
  });
}

function checkLength(prompt: Int32Array, capacity: number): void {
  if (prompt.length >= capacity) {
    throw new EngineError(
      `The prompt has ${prompt.length} tokens and the context ${capacity}: there is no room for a text. ` +
        "Shorten the prompt or raise model.context in the recipe.",
    );
  }
}

export function requireResiduals(session: Session): void {
  if (!session.hasResiduals()) {
    throw new EngineError(
      `Models of the architecture ${session.architecture} cannot be steered or read: llama.cpp does not name their residual stream.`,
    );
  }
}

/** One decode of every row; idle rows carry a token that is forgotten afterwards. */
function step(context: NativeContext, slots: readonly (Slot | undefined)[], filler: number): void {
  for (const [sequence, slot] of slots.entries()) {
    if (!slot) context.remove(sequence);
    context.batch.set(sequence, slot?.token ?? Math.max(0, filler), slot?.position ?? 0, sequence, true);
  }
  context.decode(slots.length);
}

function advance(
  session: Session,
  context: NativeContext,
  slot: Slot,
  row: number,
  maxTokens: number,
): Completion["finish"] | undefined {
  const token = session.native.llama_sampler_sample(slot.sampler, context.pointer, row);
  if (session.vocabulary.isEndOfGeneration(token)) return "end";
  slot.tokens++;
  slot.token = token;
  slot.position++;
  if (slot.text.add(session.vocabulary.piece(token))) return "stop";
  return slot.tokens >= maxTokens || slot.position >= context.capacity ? "length" : undefined;
}
