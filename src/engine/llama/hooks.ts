import koffi from "koffi";
import { evaluationCallback, type Native, type Pointer } from "./bindings.js";

/** Whole, since a view of the tensor carries its name with something behind it. */
const RESIDUAL = /^l_out-(\d+)$/;
/** Most views of tensors' memory that are kept; a graph has one for each block. */
const MAX_VIEWS = 512;

/** Reads and may rewrite a block's output in place. `values` is `[rows][width]`; true if it was changed. */
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
  /** How often the graph names each layer's residual stream. */
  #seen: Map<number, number> | undefined;
  #size = 0;
  #failure: unknown;
  #buffer = new Float32Array(0);
  readonly #inMemory: boolean;
  /** By address and size: a graph that is used again has its tensors where they were. */
  readonly #views = new Map<string, Float32Array>();

  /** @param inMemory Tensors lie in this process's memory, and not a GPU's: they need not be copied. */
  constructor(native: Native, inMemory: boolean) {
    this.#native = native;
    this.#inMemory = inMemory;
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

  /**
   * Runs `decode` and returns the layers whose residual stream the graph names with `size` values in it, once: what
   * bears the name twice, before and after the control vector, cannot be told apart.
   */
  observe(size: number, decode: () => void): number[] {
    const seen = new Map<number, number>();
    this.#seen = seen;
    this.#size = size;
    try {
      decode();
    } finally {
      this.#seen = undefined;
    }
    return [...seen].filter(([, times]) => times === 1).map(([layer]) => layer);
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
    const name = RESIDUAL.exec(this.#native.ggml_get_name(tensor) ?? "");
    if (!name) return !ask;
    const layer = Number(name[1]);
    if (ask) {
      if (this.#seen && Number(this.#native.ggml_nelements(tensor)) === this.#size) {
        this.#seen.set(layer, (this.#seen.get(layer) ?? 0) + 1);
      }
      return this.#wanted.has(layer);
    }
    try {
      this.#compute(tensor, layer);
    } catch (error) {
      this.#failure ??= error;
    }
    return layer < this.#last;
  }

  #compute(tensor: Pointer, layer: number): void {
    const count = Number(this.#native.ggml_nelements(tensor));
    if (count === 0) return;
    const address = this.#inMemory ? this.#native.ggml_get_data(tensor) : null;
    if (address !== null) {
      this.#handler?.(layer, this.#view(address, count));
      return;
    }
    if (this.#buffer.length < count) this.#buffer = new Float32Array(count);
    const values = this.#buffer.subarray(0, count);
    this.#native.ggml_backend_tensor_get(tensor, values, 0, values.byteLength);
    if (this.#handler?.(layer, values)) {
      this.#native.ggml_backend_tensor_set(tensor, values, 0, values.byteLength);
    }
  }

  #view(address: Pointer, count: number): Float32Array {
    const key = `${address}:${count}`;
    let values = this.#views.get(key);
    if (!values) {
      if (this.#views.size >= MAX_VIEWS) this.#views.clear();
      values = new Float32Array(koffi.view(address, count * Float32Array.BYTES_PER_ELEMENT));
      this.#views.set(key, values);
    }
    return values;
  }
}
