import type { Guidance } from "../guidance.js";
import { factorAt } from "../schedule.js";
import { logSumExp } from "./log-softmax.js";

/** Where a stream's logits lie: `[vocabulary]` from `offset` on. */
export interface StreamLogits {
  values: Float32Array;
  offset: number;
}

/** A request's guidance, ready for the loop. */
export interface StreamSum {
  readonly guidance: Guidance;
  /** One for each stream that has a weight, the first stream's first. */
  readonly weights: readonly number[];
  readonly spares: readonly boolean[];
}

/**
 * Sums the streams of one text in place: the first stream's logits become logits of the sum, with the log-sum-exp that
 * they had, since a penalty on repeated tokens looks at a logit's sign. The arrays that it works in are made once for a
 * vocabulary.
 */
export class StreamCombiner {
  readonly #size: number;
  readonly #ends: readonly number[];
  readonly #isEnd: Uint8Array;
  /** Σ over the streams that do not spare the end, and over all. */
  readonly #plain: Float64Array;
  readonly #sum: Float64Array;

  /** @param ends Tokens that end a text. */
  constructor(size: number, ends: readonly number[]) {
    this.#size = size;
    this.#ends = ends;
    this.#isEnd = new Uint8Array(size);
    for (const token of ends) this.#isEnd[token] = 1;
    this.#plain = new Float64Array(size);
    this.#sum = new Float64Array(size);
  }

  /**
   * @param drawn Tokens drawn so far.
   * @returns false if guidance is off at this token, and the first stream's logits are as they were
   */
  combine(
    { guidance, weights, spares }: StreamSum,
    streams: readonly StreamLogits[],
    drawn: number,
  ): boolean {
    const { plausibility = 0, entropyAbove = 0, after = 0, schedule } = guidance;
    if (drawn < after) return false;
    const factor = schedule ? factorAt(schedule, drawn) : 1;
    if (factor === 0) return false;
    const first = streams[0]!;
    if (entropyAbove > 0 && this.#entropy(first) <= entropyAbove) return false;

    const size = this.#size;
    const plain = this.#plain;
    const sum = this.#sum;
    const own = 1 + factor * (weights[0]! - 1);
    for (let w = 0; w < size; w++) plain[w] = own * first.values[first.offset + w]!;
    for (let i = 1; i < weights.length; i++)
      if (!spares[i]) this.#add(plain, streams[i]!, factor * weights[i]!);
    const least = plausibility > 0 ? this.#largest(first) + Math.log(plausibility) : Number.NEGATIVE_INFINITY;
    for (let w = 0; w < size; w++) {
      const logit = first.values[first.offset + w]!;
      // A token that the first stream rules out stays out: a negative weight must not make it certain.
      if (logit < least || logit === Number.NEGATIVE_INFINITY) plain[w] = Number.NEGATIVE_INFINITY;
      sum[w] = plain[w]!;
    }
    let sparing = false;
    for (let i = 1; i < weights.length; i++) {
      if (!spares[i]) continue;
      sparing = true;
      this.#add(sum, streams[i]!, factor * weights[i]!);
    }
    this.#write(first, sparing && this.#ends.length > 0 ? this.#endShare() : undefined);
    return true;
  }

  #add(to: Float64Array, { values, offset }: StreamLogits, weight: number): void {
    for (let w = 0; w < to.length; w++) to[w]! += weight * values[offset + w]!;
  }

  #largest({ values, offset }: StreamLogits): number {
    let largest = Number.NEGATIVE_INFINITY;
    for (let w = 0; w < this.#size; w++) if (values[offset + w]! > largest) largest = values[offset + w]!;
    return largest;
  }

  /** −Σ p ln p, in nats. */
  #entropy(stream: StreamLogits): number {
    const { values, offset } = stream;
    const largest = this.#largest(stream);
    let total = 0;
    let moment = 0;
    for (let w = 0; w < this.#size; w++) {
      const above = values[offset + w]! - largest;
      const weight = Math.exp(above);
      total += weight;
      if (weight > 0) moment += weight * above;
    }
    return Math.log(total) - moment / total;
  }

  /** ln Σ exp, over all tokens or over those that do not end a text. */
  #normaliser(values: Float64Array, withEnds: boolean): number {
    let largest = Number.NEGATIVE_INFINITY;
    for (let w = 0; w < this.#size; w++) {
      if (values[w]! > largest && (withEnds || !this.#isEnd[w])) largest = values[w]!;
    }
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    let total = 0;
    for (let w = 0; w < this.#size; w++) {
      if (withEnds || !this.#isEnd[w]) total += Math.exp(values[w]! - largest);
    }
    return largest + Math.log(total);
  }

  /** ln of the probability that the text ends, without the streams that spare it. */
  #endShare(): { normaliser: number; probability: number } {
    const normaliser = this.#normaliser(this.#plain, true);
    let probability = 0;
    for (const token of this.#ends) probability += Math.exp(this.#plain[token]! - normaliser);
    return { normaliser, probability };
  }

  #write(
    { values, offset }: StreamLogits,
    ends: { normaliser: number; probability: number } | undefined,
  ): void {
    const sum = this.#sum;
    const level = logSumExp(values.subarray(offset, offset + this.#size));
    const rest = this.#normaliser(sum, ends === undefined);
    // Everything but the end is ruled out: there is nothing to share the rest among.
    const share = ends ? Math.log(Math.max(0, 1 - ends.probability)) : 0;
    for (let w = 0; w < this.#size; w++) {
      values[offset + w] =
        ends && this.#isEnd[w]
          ? this.#plain[w]! - ends.normaliser + level
          : sum[w] === Number.NEGATIVE_INFINITY
            ? Number.NEGATIVE_INFINITY
            : sum[w]! - rest + share + level;
    }
  }
}
