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
  readonly #steer: (steering: S) => void;
  /** A stream and how many of the prompt's tokens it holds. */
  readonly #kept = new Map<SteeredPrompt<S>, { stream: number; length: number }>();

  /** `steer` is called before the rows of a prompt are decoded. */
  constructor(
    context: NativeContext,
    prompts: readonly SteeredPrompt<S>[],
    firstStream: number,
    steer: (steering: S) => void,
  ) {
    this.#context = context;
    this.#steer = steer;
    if (prompts.length > MAX_KEPT_PROMPTS) {
      if (prompts.some((prompt) => prompt.steering !== prompts[0]!.steering)) return;
      const length = commonPrefix(prompts.map((prompt) => prompt.tokens));
      this.#evaluate(firstStream, prompts[0]!, 0, length);
      for (const prompt of prompts) this.#kept.set(prompt, { stream: firstStream, length });
      return;
    }
    // Prompts under one steering share their beginning: the first of them is evaluated whole, the others from there.
    const shared = new Map<S, { stream: number; length: number }>();
    for (const [i, prompt] of prompts.entries()) {
      const siblings = prompts.filter(({ steering }) => steering === prompt.steering);
      const source = shared.get(prompt.steering);
      const stream = firstStream + i;
      const from = source ? commonPrefix(siblings.map(({ tokens }) => tokens)) : 0;
      if (source && from > 0) this.#copy(source.stream, stream, from);
      const length = prompt.tokens.length - 1;
      this.#evaluate(stream, prompt, from, length);
      const place = { stream, length };
      this.#kept.set(prompt, place);
      if (!source) shared.set(prompt.steering, place);
    }
  }

  /** Fills a text's stream with the prompt, all but its last token. */
  load(stream: number, prompt: SteeredPrompt<S>): void {
    this.#context.remove(stream);
    const kept = this.#kept.get(prompt);
    const length = kept?.length ?? 0;
    if (kept && length > 0) this.#copy(kept.stream, stream, length);
    this.#evaluate(stream, prompt, length, prompt.tokens.length - 1);
  }

  /** Copies a stream whole, as llama.cpp demands, and forgets what lies behind `length`. */
  #copy(from: number, to: number, length: number): void {
    this.#context.copy(from, to);
    this.#context.truncate(to, length);
  }

  #evaluate(stream: number, { tokens, steering }: SteeredPrompt<S>, from: number, to: number): void {
    const { batch } = this.#context;
    if (from < to) this.#steer(steering);
    for (let start = from; start < to; start += batch.capacity) {
      const rows = Math.min(batch.capacity, to - start);
      for (let row = 0; row < rows; row++) batch.set(row, tokens[start + row]!, start + row, stream, false);
      this.#context.decode(rows);
    }
  }
}
