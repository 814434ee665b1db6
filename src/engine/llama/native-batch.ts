import koffi from "koffi";
import type { BatchStruct, Native, Pointer } from "./bindings.js";

/** llama.cpp's batch with its arrays mapped once. Rows are set by index and sent with a count. */
export class NativeBatch {
  readonly capacity: number;
  readonly #native: Native;
  readonly #batch: BatchStruct;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #sequences: Int32Array[];
  readonly #outputs: Int8Array;

  constructor(native: Native, capacity: number) {
    this.capacity = capacity;
    this.#native = native;
    this.#batch = native.llama_batch_init(capacity, 0, 1) as BatchStruct;
    this.#tokens = new Int32Array(koffi.view(this.#batch.token, capacity * 4));
    this.#positions = new Int32Array(koffi.view(this.#batch.pos, capacity * 4));
    new Int32Array(koffi.view(this.#batch.n_seq_id, capacity * 4)).fill(1);
    const pointers = koffi.decode(this.#batch.seq_id, "void *", capacity) as Pointer[];
    this.#sequences = pointers.map((pointer) => new Int32Array(koffi.view(pointer, 4)));
    this.#outputs = new Int8Array(koffi.view(this.#batch.logits, capacity));
  }

  set(row: number, token: number, position: number, sequence: number, output: boolean): void {
    this.#tokens[row] = token;
    this.#positions[row] = position;
    this.#sequences[row]![0] = sequence;
    this.#outputs[row] = output ? 1 : 0;
  }

  /** The struct for the first `rows` rows, to be passed by value. */
  rows(rows: number): BatchStruct {
    return { ...this.#batch, n_tokens: rows };
  }

  free(): void {
    this.#native.llama_batch_free(this.#batch);
  }
}
