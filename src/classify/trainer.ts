/** A way of training text classifiers. What it reads of the texts, it reads once, however often it is trained on them. */
export interface TextTrainer {
  /** What is trained on what, for reports: `logistic regression on n-grams`. */
  readonly name: string;
  /**
   * Reads the texts that will be trained on or classified; rows below are places in this list.
   * @throws InterruptedError when the signal is aborted, and what an encoder throws
   */
  prepare(
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<PreparedTexts>;
}

export interface PreparedTexts {
  /**
   * Trains on some rows. The same rows, classes and seed give the same classifier.
   *
   * @param rows places in the prepared texts.
   * @param y `[rows]`: class numbers from 0 to `classes` − 1; every class has a row.
   */
  train(
    rows: Int32Array,
    y: Int32Array,
    options: { readonly classes: number; readonly seed: number },
  ): Promise<TrainedOnTexts>;
}

export interface TrainedOnTexts {
  /** False when training ended before it converged. */
  readonly converged: boolean;
  /** The probability of each class for some of the prepared texts. `[rows][classes]` */
  probabilities(rows: Int32Array): Promise<readonly Float64Array[]>;
}
