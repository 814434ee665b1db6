import type { NativeContext } from "./native-context.js";

/** Most prompts of a job that are each kept in a stream of their own; others are evaluated as they come. */
export const MAX_KEPT_PROMPTS = 16;

/** How prompts are steered: what has been evaluated under one steering is of no use to another. */
export interface PromptSteering {
  /** What one prompt's beginning leaves in the cache is right for another prompt with that beginning. */
  readonly sharesBeginnings: boolean;
}

export interface SteeredPrompt<S extends PromptSteering = PromptSteering> {
  readonly tokens: Int32Array;
  readonly steering: S;
}

/** Called before the rows `from` to `to` of a prompt are decoded. */
type Before<P extends SteeredPrompt> = (prompt: P, from: number, to: number) => Promise<void>;

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

/** Tokens that are not read again if the common beginning of prompts is kept; 0 where it cannot be shared. */
function savedByBeginning(prompts: readonly SteeredPrompt[]): number {
  const { steering } = prompts[0]!;
  if (!steering.sharesBeginnings || prompts.some((prompt) => prompt.steering !== steering)) return 0;
  return (prompts.length - 1) * commonPrefix(prompts.map(({ tokens }) => tokens));
}

/**
 * The prompts that are kept whole: all of them, or, where they are too many, those that come more than once, as the
 * task's prompt does beside negative prompts that are drawn anew for each text. None if the common beginning saves more.
 *
 * @param prompts One for each stream of each text.
 */
function keptWhole<P extends SteeredPrompt>(prompts: readonly P[]): P[] {
  const uses = new Map<P, number>();
  for (const prompt of prompts) uses.set(prompt, (uses.get(prompt) ?? 0) + 1);
  if (uses.size <= MAX_KEPT_PROMPTS) return [...uses.keys()];
  const repeated = [...uses].filter(([, times]) => times > 1);
  const saved = repeated.reduce((sum, [{ tokens }, times]) => sum + (times - 1) * (tokens.length - 1), 0);
  const worth = repeated.length <= MAX_KEPT_PROMPTS && saved > savedByBeginning(prompts);
  return worth ? repeated.map(([prompt]) => prompt) : [];
}

/** Streams that a job's prompts, one for each stream of each text, need beside those of its texts. */
export function streamsFor(prompts: readonly SteeredPrompt[]): number {
  return Math.max(1, keptWhole(prompts).length);
}

/**
 * Evaluated prompts in streams of their own, to be copied to the texts' streams. If the prompts are many, those that
 * come again are kept, or the common beginning of all.
 */
export class PromptCache<P extends SteeredPrompt> {
  readonly #context: NativeContext;
  readonly #before: Before<P>;
  /** A stream and how many of the prompt's tokens it holds. */
  readonly #kept = new Map<P, { stream: number; length: number }>();

  private constructor(context: NativeContext, before: Before<P>) {
    this.#context = context;
    this.#before = before;
  }

  /** Evaluates the prompts of a job, given one for each stream of each text. */
  static async open<P extends SteeredPrompt>(
    context: NativeContext,
    prompts: readonly P[],
    firstStream: number,
    before: Before<P>,
  ): Promise<PromptCache<P>> {
    const cache = new PromptCache<P>(context, before);
    const kept = keptWhole(prompts);
    if (kept.length > 0) await cache.#keepWhole(kept, firstStream);
    else if (savedByBeginning(prompts) > 0) await cache.#keepBeginning(prompts, firstStream);
    return cache;
  }

  /** Fills a text's stream with the prompt, all but its last token. */
  async load(stream: number, prompt: P): Promise<void> {
    this.#context.remove(stream);
    const kept = this.#kept.get(prompt);
    const from = kept ? this.#copy(kept.stream, stream, kept.length, kept.length) : 0;
    await this.#evaluate(stream, prompt, from, prompt.tokens.length - 1);
  }

  /** Prompts under one steering share their beginning: the first is evaluated whole, the others from there. */
  async #keepWhole(prompts: readonly P[], firstStream: number): Promise<void> {
    const first = new Map<PromptSteering, { stream: number; length: number }>();
    for (const [i, prompt] of prompts.entries()) {
      const siblings = prompts.filter(({ steering }) => steering === prompt.steering);
      const source = first.get(prompt.steering);
      const stream = firstStream + i;
      const shared = prompt.steering.sharesBeginnings
        ? commonPrefix(siblings.map(({ tokens }) => tokens))
        : 0;
      const from = source ? this.#copy(source.stream, stream, source.length, shared) : 0;
      const length = prompt.tokens.length - 1;
      await this.#evaluate(stream, prompt, from, length);
      const place = { stream, length };
      this.#kept.set(prompt, place);
      if (!source) first.set(prompt.steering, place);
    }
  }

  async #keepBeginning(prompts: readonly P[], stream: number): Promise<void> {
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

  async #evaluate(stream: number, prompt: P, from: number, to: number): Promise<void> {
    const { batch } = this.#context;
    const { tokens } = prompt;
    for (let start = from; start < to; start += batch.capacity) {
      const rows = Math.min(batch.capacity, to - start);
      await this.#before(prompt, start, start + rows);
      for (let row = 0; row < rows; row++) batch.set(row, tokens[start + row]!, start + row, stream, false);
      this.#context.decode(rows);
    }
  }
}
