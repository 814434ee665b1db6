import koffi from "koffi";
import { EngineError } from "../../errors.js";
import { evaluationCallback, type Native, type Pointer } from "./bindings.js";
import { logSumExp } from "./log-softmax.js";
import type { TrainingNative } from "./training-bindings.js";
import type { TrainingItem } from "./training-rows.js";

/** Tensors of the graph, under the names that llama.cpp and ggml give them. */
const LOGITS = "result_output";
const GRADIENT = "grad for ";
/** ggml cuts names at so many bytes. */
const NAME_BYTES = 63;

/** What one row costs: the sum of −ln p over the labels that count, and their number. */
export interface RowLoss {
  readonly loss: number;
  readonly labels: number;
}

/**
 * llama.cpp's evaluation callback during a pass of its optimiser. It does what the optimiser lacks:
 *
 * - It computes the loss in 64 bits, over the labels that count alone.
 * - It sets the logits' gradient to zero at all other labels, so that nothing is learned from them.
 * - It sets the weights' gradients to zero before the first pass of a step. llama.cpp v0.5.0 never does: its
 *   `ggml_opt_alloc` resets the graph of the pass before, which is gone by then, so that every step would be taken
 *   along the sum of all gradients since the beginning.
 */
export class LogitsHook {
  readonly pointer: Pointer;
  readonly #native: Native;
  readonly #training: TrainingNative;
  readonly #vocabulary: number;
  /** By the name of their gradient. */
  readonly #weights = new Map<string, string>();
  #row: TrainingItem | undefined;
  #firstPass = false;
  #loss: number | undefined;
  #failure: unknown;
  #withGradient = new Set<string>();

  constructor(native: Native, training: TrainingNative, vocabulary: number) {
    this.#native = native;
    this.#training = training;
    this.#vocabulary = vocabulary;
    this.pointer = koffi.register((tensor: Pointer, ask: boolean) => {
      if (this.#row === undefined || this.#failure !== undefined) return !ask;
      try {
        return ask ? this.#asked(tensor) : this.#computed(tensor);
      } catch (error) {
        // An exception cannot cross native code.
        this.#failure = error;
        return !ask;
      }
    }, evaluationCallback);
  }

  /** Weights that are trained, by name. */
  watch(weights: Iterable<string>): void {
    this.#weights.clear();
    for (const name of weights) this.#weights.set(`${GRADIENT}${name}`.slice(0, NAME_BYTES), name);
  }

  /** Weights whose gradient the graph of the last pass held. */
  get withGradient(): ReadonlySet<string> {
    return this.#withGradient;
  }

  /**
   * The loss of one pass.
   *
   * @param firstPass the weights' gradients begin at zero
   * @throws EngineError if the pass did not compute logits for each token of the row
   */
  observe(row: TrainingItem, firstPass: boolean, pass: () => void): RowLoss {
    this.#row = row;
    this.#firstPass = firstPass;
    this.#loss = undefined;
    this.#failure = undefined;
    this.#withGradient = new Set();
    try {
      pass();
    } finally {
      this.#row = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#loss === undefined) {
      throw new EngineError("llama.cpp could not compute a row of the training data.");
    }
    return { loss: this.#loss, labels: row.counted.reduce((sum, one) => sum + one, 0) };
  }

  free(): void {
    koffi.unregister(this.pointer);
  }

  #asked(tensor: Pointer): boolean {
    const name = this.#native.ggml_get_name(tensor) ?? "";
    const weight = this.#weights.get(name);
    if (weight !== undefined && !this.#withGradient.has(weight)) {
      this.#withGradient.add(weight);
      // The tensor lies where the gradient is added up, and is not computed yet.
      if (this.#firstPass) {
        this.#training.ggml_backend_tensor_memset(
          tensor,
          0,
          0,
          4 * Number(this.#native.ggml_nelements(tensor)),
        );
      }
    }
    return name === LOGITS || name === `${GRADIENT}${LOGITS}`;
  }

  #computed(tensor: Pointer): boolean {
    const row = this.#row!;
    const size = this.#vocabulary;
    const count = Number(this.#native.ggml_nelements(tensor));
    if (count !== row.tokens.length * size) {
      throw new EngineError(`llama.cpp computed ${count} logits for ${row.tokens.length} tokens of ${size}.`);
    }
    const values = new Float32Array(koffi.view(this.#native.ggml_get_data(tensor)!, 4 * count));
    const at = (position: number) => values.subarray(position * size, (position + 1) * size);
    if (this.#native.ggml_get_name(tensor) !== LOGITS) {
      row.counted.forEach((one, position) => {
        if (one === 0) at(position).fill(0);
      });
      return true;
    }
    let loss = 0;
    row.counted.forEach((one, position) => {
      const logits = at(position);
      if (one === 1) loss += logSumExp(logits) - logits[row.labels[position]!]!;
    });
    this.#loss = loss;
    return true;
  }
}
