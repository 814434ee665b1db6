import koffi from "koffi";
import { evaluationCallback, type Native, type Pointer } from "./bindings.js";

const RESIDUAL = "l_out-";

/** Reads and may rewrite a block's output. `values` is `[rows][width]`; true writes it back. */
export type ResidualHandler = (layer: number, values: Float32Array) => boolean;

/**
 * llama.cpp's evaluation callback on the residual stream after each block (the tensors `l_out-<layer>`).
 * A handler is in force until it is replaced. What it throws is kept and thrown by `rethrow`, since an
 * exception cannot cross native code.
 */
export class ResidualHooks {
  readonly pointer: Pointer;
  readonly #native: Native;
  #wanted: ReadonlySet<number> = new Set();
  #last = Number.POSITIVE_INFINITY;
  #handler: ResidualHandler | undefined;
  #seen: Set<number> | undefined;
  #failure: unknown;
  #buffer = new Float32Array(0);

  constructor(native: Native) {
    this.#native = native;
    this.pointer = koffi.register(
      (tensor: Pointer, ask: boolean) => this.#called(tensor, ask),
      evaluationCallback,
    );
  }

  /**
   * Calls `handler` for these layers from the next decode on; with no layers, nothing is asked of the graph.
   * With `stop`, nothing behind the deepest of them is computed: later layers, and the logits, are not to be used.
   */
  use(layers: Iterable<number>, handler?: ResidualHandler, options: { stop?: boolean } = {}): void {
    this.#wanted = new Set(layers);
    this.#last = options.stop ? Math.max(...this.#wanted) : Number.POSITIVE_INFINITY;
    this.#handler = handler;
  }

  /** Runs `decode` and returns the layers whose residual stream the graph names. */
  observe(decode: () => void): Set<number> {
    const seen = new Set<number>();
    this.#seen = seen;
    try {
      decode();
    } finally {
      this.#seen = undefined;
    }
    return seen;
  }

  /** Throws what a handler threw during the last decode. */
  rethrow(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  free(): void {
    koffi.unregister(this.pointer);
  }

  #called(tensor: Pointer, ask: boolean): boolean {
    if (this.#wanted.size === 0 && !this.#seen) return !ask;
    const name = this.#native.ggml_get_name(tensor) ?? "";
    if (!name.startsWith(RESIDUAL)) return !ask;
    const layer = Number(name.slice(RESIDUAL.length));
    this.#seen?.add(layer);
    if (ask) return this.#wanted.has(layer);
    try {
      this.#compute(tensor, layer);
    } catch (error) {
      this.#failure ??= error;
    }
    return layer < this.#last;
  }

  #compute(tensor: Pointer, layer: number): void {
    const count = Number(this.#native.ggml_nelements(tensor));
    if (this.#buffer.length < count) this.#buffer = new Float32Array(count);
    const values = this.#buffer.subarray(0, count);
    this.#native.ggml_backend_tensor_get(tensor, values, 0, values.byteLength);
    if (this.#handler?.(layer, values)) {
      this.#native.ggml_backend_tensor_set(tensor, values, 0, values.byteLength);
    }
  }
}
