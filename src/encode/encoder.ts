/**
 * What turns texts into vectors whose cosine says how alike two texts are. One that needs a model is made by an
 * asynchronous function, and closed by whoever opened it.
 */
export interface Encoder {
  /** Names, in every result, all that the vectors depend on: what encodes, which model, which options. */
  readonly name: string;
  /** Dimensions of a vector. */
  readonly width: number;
  /** Tokens of a text that are read; left out where all of a text is. */
  readonly context?: number;
  /** Of the texts encoded so far, those of more tokens than are read: only their beginnings count. */
  readonly truncated?: ReadonlySet<string>;
  /**
   * A vector of length 1 for each text, in their order, that depends on that text alone; zeros for a text in which the
   * encoder finds nothing. It may refuse a text of white space: `encodeTexts` gives it none. `[texts][width]`
   *
   * @throws InterruptedError when the signal is aborted, and whatever the encoder's engine throws.
   */
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Float32Array[]>;
}

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined;
}
