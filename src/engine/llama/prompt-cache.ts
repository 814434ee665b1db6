import type { NativeContext } from "./native-context.js";

/** Prompts of a job that are each kept in a stream of their own; a job with more evaluates the others as they come. */
export const MAX_KEPT_PROMPTS = 16;

/** A prompt under one steering: what has been evaluated for one is of no use to another. */
export interface SteeredPrompt<S> {
  readonly tokens: Int32Array;
  readonly steering: S;
}

/** Length of the beginning that all prompts share, each prompt's last token left out. */
export function commonPrefix(prompts: readonly Int32Array[]): number {
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

/** Streams that a job's prompts need beside those of its texts. */
export function streamsFor(prompts: number): number {
  return prompts > 1 && prompts <= MAX_KEPT_PROMPTS ? prompts : 1;
}

/**
 * Evaluated prompts in streams of their own, to be copied to the texts' streams. If the prompts are many and
 * share their steering, only their common beginning is kept.
 */
export class PromptCache<S> {
  readonly #context: NativeContext;
  readonly #before: (steering: S) => Promise<void>;
  /** A stream and how many of the prompt's tokens it holds. */
  readonly #kept = new Map<SteeredPrompt<S>, { stream: number; length: number }>();

  private constructor(context: NativeContext, before: (steering: S) => Promise<void>) {
    this.#context = context;
    this.#before = before;
  }

  /** Evaluates the prompts of a job. `before` is called before the rows of a prompt are decoded. */
  static async open<S>(
    context: NativeContext,
    prompts: readonly SteeredPrompt<S>[],
    firstStream: number,
    before: (steering: S) => Promise<void>,
  ): Promise<PromptCache<S>> {
    const cache = new PromptCache<S>(context, before);
    if (prompts.length <= MAX_KEPT_PROMPTS) await cache.#keepWhole(prompts, firstStream);
    else if (prompts.every((prompt) => prompt.steering === prompts[0]!.steering)) {
      await cache.#keepBeginning(prompts, firstStream);
    }
    return cache;
  }

  /** Fills a text's stream with the prompt, all but its last token. */
  async load(stream: number, prompt: SteeredPrompt<S>): Promise<void> {
    this.#context.remove(stream);
    const kept = this.#kept.get(prompt);
    const from = kept ? this.#copy(kept.stream, stream, kept.length, kept.length) : 0;
    await this.#evaluate(stream, prompt, from, prompt.tokens.length - 1);
  }

  /** Prompts under one steering share their beginning: the first is evaluated whole, the others from there. */
  async #keepWhole(prompts: readonly SteeredPrompt<S>[], firstStream: number): Promise<void> {
    const first = new Map<S, { stream: number; length: number }>();
    for (const [i, prompt] of prompts.entries()) {
      const siblings = prompts.filter(({ steering }) => steering === prompt.steering);
      const source = first.get(prompt.steering);
      const stream = firstStream + i;
      const shared = commonPrefix(siblings.map(({ tokens }) => tokens));
      const from = source ? this.#copy(source.stream, stream, source.length, shared) : 0;
      const length = prompt.tokens.length - 1;
      await this.#evaluate(stream, prompt, from, length);
      const place = { stream, length };
      this.#kept.set(prompt, place);
      if (!source) first.set(prompt.steering, place);
    }
  }

  async #keepBeginning(prompts: readonly SteeredPrompt<S>[], stream: number): Promise<void> {
    const length = commonPrefix(prompts.map((prompt) => prompt.tokens));
    await this.#evaluate(stream, prompts[0]!, 0, length);
    for (const prompt of prompts) this.#kept.set(prompt, { stream, length });
  }

  /**
   * Copies the first `wanted` of the `held` tokens of a stream. Returns how many the other one has then: none
   * where the memory cannot be cut, since llama.cpp copies streams whole.
   */
  #copy(from: number, to: number, held: number, wanted: number): number {
    if (wanted === 0) return 0;
    this.#context.copy(from, to);
    if (wanted === held || this.#context.truncate(to, wanted)) return wanted;
    this.#context.remove(to);
    return 0;
  }

  async #evaluate(
    stream: number,
    { tokens, steering }: SteeredPrompt<S>,
    from: number,
    to: number,
  ): Promise<void> {
    const { batch } = this.#context;
    for (let start = from; start < to; start += batch.capacity) {
      await this.#before(steering);
      const rows = Math.min(batch.capacity, to - start);
      for (let row = 0; row < rows; row++) batch.set(row, tokens[start + row]!, start + row, stream, false);
      this.#context.decode(rows);
    }
  }
}
