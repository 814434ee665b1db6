import koffi from "koffi";
import { EngineError } from "../../errors.js";
import { batch, contextParams, modelParams, type Native } from "./bindings.js";
import type { Library } from "./library.js";

/**
 * llama.cpp's structs change without notice and a shifted field is silent. What the library returns as its
 * defaults is compared with what this release is known to return: the values differ enough from field to field
 * that a shift shows.
 */
const MODEL_DEFAULTS = {
  n_gpu_layers: -1,
  split_mode: 1,
  load_mode: -1,
  lazy_mode: 1,
  main_gpu: 0,
  vocab_only: false,
  check_tensors: false,
  use_extra_bufts: true,
  no_host: false,
  no_alloc: false,
  load_mtp: false,
};

const CONTEXT_DEFAULTS = {
  n_ctx: 512,
  n_batch: 2048,
  n_ubatch: 512,
  n_seq_max: 1,
  n_rs_seq: 0,
  n_outputs_max: 0,
  n_outputs_max_per_seq: 1,
  n_threads: 4,
  n_threads_batch: 4,
  ctx_type: 0,
  rope_scaling_type: -1,
  pooling_type: -1,
  attention_type: -1,
  flash_attn_type: -1,
  rope_freq_base: 0,
  rope_freq_scale: 0,
  yarn_ext_factor: -1,
  yarn_attn_factor: -1,
  yarn_beta_fast: -1,
  yarn_beta_slow: -1,
  yarn_orig_ctx: 0,
  defrag_thold: -1,
  type_k: 1,
  type_v: 1,
  embeddings: false,
  offload_kqv: true,
  no_perf: true,
  op_offload: true,
  swa_full: true,
  kv_unified: false,
  n_samplers: 0,
};

const SIZES = [
  ["llama_model_params", modelParams, 80],
  ["llama_context_params", contextParams, 160],
  ["llama_batch", batch, 56],
] as const;

/** ggml's version in each known release of llama.cpp; the two are numbered apart and ship in separate files. */
const GGML_VERSIONS: Readonly<Record<string, string>> = { "v0.5.0": "0.25.1", "v0.4.0": "0.23.0" };

/** Fields whose value is not the expected one, as `field: found, expected`. */
export function differences(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, number | boolean>>,
): string[] {
  return Object.entries(expected)
    .filter(([field, value]) =>
      typeof value === "number" ? Number(found[field]) !== value : found[field] !== value,
    )
    .map(([field, value]) => `${field}: ${String(found[field])}, expected ${value}`);
}

/** Throws EngineError if the loaded library is not laid out as `bindings.ts` says. */
export function checkAbi(native: Native, library: Library): void {
  const wrong = SIZES.filter(([, type, size]) => koffi.sizeof(type) !== size).map(
    ([name, type, size]) => `${name} has ${koffi.sizeof(type)} bytes, expected ${size}`,
  );
  wrong.push(...differences(native.llama_model_default_params(), MODEL_DEFAULTS));
  wrong.push(...differences(native.llama_context_default_params(), CONTEXT_DEFAULTS));
  const version = native.llama_version() ?? "";
  if (!version.startsWith(library.release.slice(1)))
    wrong.push(`llama_version: ${version}, expected ${library.release}`);
  const ggml = native.ggml_version() ?? "";
  const expectedGgml = GGML_VERSIONS[library.release];
  if (ggml !== expectedGgml) wrong.push(`ggml_version: ${ggml}, expected ${expectedGgml}`);
  if (wrong.length > 0) {
    throw new EngineError(
      `${library.name}@${library.packageVersion} is not laid out as tillerlm expects, and calling it could corrupt memory: ` +
        `${wrong.join("; ")}. Run npm ci to get the pinned version.`,
    );
  }
}
