/** What encoding texts needs of llama.cpp beside `bindings.ts`: pooled vectors, and the encoder half of a T5. */
import koffi from "koffi";
import { type BatchStruct, batch, type Pointer } from "./bindings.js";
import type { Library } from "./library.js";

const POINTER = "void *";

export interface EncoderNative {
  /** 0 when it is done. */
  llama_encode(context: Pointer, batch: BatchStruct): number;
  /** The pooled vector of a sequence of the last batch, `[width]`; null if there is none. */
  llama_get_embeddings_seq(context: Pointer, sequence: number): Pointer | null;
  /** Width of a pooled vector, which may differ from the residual stream's. */
  llama_model_n_embd_out(model: Pointer): number;
}

/** Binds the functions. Throws koffi's error if a symbol is missing. */
export function loadEncoderNative(library: Library): EncoderNative {
  const llama = koffi.load(library.llama, { global: true });
  return {
    llama_encode: llama.func("llama_encode", "int32_t", [POINTER, batch]),
    llama_get_embeddings_seq: llama.func("llama_get_embeddings_seq", POINTER, [POINTER, "int32_t"]),
    llama_model_n_embd_out: llama.func("llama_model_n_embd_out", "int32_t", [POINTER]),
  };
}
