/**
 * The native surface, whole: every struct and function of llama.cpp that Tiller calls, typed once.
 * Layouts are llama.cpp v0.5.0's (and v0.4.0's, which are the same); `abi.ts` refuses a library that differs.
 */
import koffi, { type TypeObject } from "koffi";
import type { Library } from "./library.js";

/** A native address. Null pointers arrive as null. */
export type Pointer = bigint;
type Maybe = Pointer | null;

const POINTER = "void *";
const STRING = "const char *";

export const modelParams = koffi.struct("llama_model_params", {
  devices: POINTER,
  tensor_buft_overrides: POINTER,
  n_gpu_layers: "int32_t",
  split_mode: "int32_t",
  load_mode: "int32_t",
  lazy_mode: "int32_t",
  main_gpu: "int32_t",
  tensor_split: POINTER,
  progress_callback: POINTER,
  progress_callback_user_data: POINTER,
  kv_overrides: POINTER,
  vocab_only: "bool",
  check_tensors: "bool",
  use_extra_bufts: "bool",
  no_host: "bool",
  no_alloc: "bool",
  load_mtp: "bool",
});

export const contextParams = koffi.struct("llama_context_params", {
  n_ctx: "uint32_t",
  n_batch: "uint32_t",
  n_ubatch: "uint32_t",
  n_seq_max: "uint32_t",
  n_rs_seq: "uint32_t",
  n_outputs_max: "uint32_t",
  n_outputs_max_per_seq: "uint32_t",
  n_threads: "int32_t",
  n_threads_batch: "int32_t",
  ctx_type: "int32_t",
  rope_scaling_type: "int32_t",
  pooling_type: "int32_t",
  attention_type: "int32_t",
  flash_attn_type: "int32_t",
  rope_freq_base: "float",
  rope_freq_scale: "float",
  yarn_ext_factor: "float",
  yarn_attn_factor: "float",
  yarn_beta_fast: "float",
  yarn_beta_slow: "float",
  yarn_orig_ctx: "uint32_t",
  defrag_thold: "float",
  cb_eval: POINTER,
  cb_eval_user_data: POINTER,
  type_k: "int32_t",
  type_v: "int32_t",
  abort_callback: POINTER,
  abort_callback_data: POINTER,
  embeddings: "bool",
  offload_kqv: "bool",
  no_perf: "bool",
  op_offload: "bool",
  swa_full: "bool",
  kv_unified: "bool",
  samplers: POINTER,
  n_samplers: "size_t",
  ctx_other: POINTER,
});

export const batch = koffi.struct("llama_batch", {
  n_tokens: "int32_t",
  token: POINTER,
  embd: POINTER,
  pos: POINTER,
  n_seq_id: POINTER,
  seq_id: POINTER,
  logits: POINTER,
});

const samplerChainParams = koffi.struct("llama_sampler_chain_params", { no_perf: "bool" });

/** `ggml_threadpool_params`: a processor mask, then the counts. */
const threadpoolParams = koffi.struct("ggml_threadpool_params", {
  cpumask: koffi.array("bool", 512),
  n_threads: "int32_t",
  prio: "int32_t",
  poll: "uint32_t",
  strict_cpu: "bool",
  paused: "bool",
});

export type ModelParams = Record<string, number | boolean | Maybe>;
export type ContextParams = Record<string, number | boolean | Maybe>;
export interface BatchStruct {
  n_tokens: number;
  token: Pointer;
  embd: Maybe;
  pos: Pointer;
  n_seq_id: Pointer;
  seq_id: Pointer;
  logits: Pointer;
}

/** Called by llama.cpp for each node of the graph, on the thread that called `llama_decode`. */
export const evaluationCallback = koffi.pointer(
  koffi.proto("bool tiller_evaluation_callback(void *tensor, bool ask, void *data)"),
);

type Signature = readonly [result: string | TypeObject, parameters: readonly (string | TypeObject)[]];

const llamaFunctions = {
  llama_version: [STRING, []],
  llama_backend_init: ["void", []],
  llama_backend_free: ["void", []],
  llama_model_default_params: [modelParams, []],
  llama_context_default_params: [contextParams, []],
  llama_model_load_from_file: [POINTER, [STRING, modelParams]],
  llama_model_free: ["void", [POINTER]],
  llama_model_get_vocab: [POINTER, [POINTER]],
  llama_model_n_embd: ["int32_t", [POINTER]],
  llama_model_n_layer: ["int32_t", [POINTER]],
  llama_model_n_ctx_train: ["int32_t", [POINTER]],
  llama_model_n_params: ["uint64_t", [POINTER]],
  llama_model_size: ["uint64_t", [POINTER]],
  llama_model_has_encoder: ["bool", [POINTER]],
  llama_model_is_recurrent: ["bool", [POINTER]],
  llama_model_is_hybrid: ["bool", [POINTER]],
  llama_model_has_decoder: ["bool", [POINTER]],
  llama_model_chat_template: [STRING, [POINTER, STRING]],
  llama_model_meta_val_str: ["int32_t", [POINTER, STRING, POINTER, "size_t"]],
  llama_vocab_n_tokens: ["int32_t", [POINTER]],
  llama_vocab_is_eog: ["bool", [POINTER, "int32_t"]],
  llama_vocab_bos: ["int32_t", [POINTER]],
  llama_vocab_eos: ["int32_t", [POINTER]],
  llama_tokenize: ["int32_t", [POINTER, POINTER, "int32_t", POINTER, "int32_t", "bool", "bool"]],
  llama_token_to_piece: ["int32_t", [POINTER, "int32_t", POINTER, "int32_t", "int32_t", "bool"]],
  llama_init_from_model: [POINTER, [POINTER, contextParams]],
  llama_free: ["void", [POINTER]],
  llama_n_ctx: ["uint32_t", [POINTER]],
  llama_n_ctx_seq: ["uint32_t", [POINTER]],
  llama_n_batch: ["uint32_t", [POINTER]],
  llama_n_ubatch: ["uint32_t", [POINTER]],
  llama_n_seq_max: ["uint32_t", [POINTER]],
  llama_set_n_threads: ["void", [POINTER, "int32_t", "int32_t"]],
  llama_attach_threadpool: ["void", [POINTER, POINTER, POINTER]],
  llama_get_memory: [POINTER, [POINTER]],
  llama_memory_clear: ["void", [POINTER, "bool"]],
  llama_memory_seq_cp: ["void", [POINTER, "int32_t", "int32_t", "int32_t", "int32_t"]],
  llama_memory_seq_rm: ["bool", [POINTER, "int32_t", "int32_t", "int32_t"]],
  llama_batch_init: [batch, ["int32_t", "int32_t", "int32_t"]],
  llama_batch_free: ["void", [batch]],
  llama_decode: ["int32_t", [POINTER, batch]],
  llama_get_logits: [POINTER, [POINTER]],
  llama_set_adapter_cvec: ["int32_t", [POINTER, POINTER, "size_t", "int32_t", "int32_t", "int32_t"]],
  llama_adapter_lora_init: [POINTER, [POINTER, STRING]],
  llama_adapter_lora_free: ["void", [POINTER]],
  llama_set_adapters_lora: ["int32_t", [POINTER, POINTER, "size_t", POINTER]],
  llama_sampler_chain_init: [POINTER, [samplerChainParams]],
  llama_sampler_chain_add: ["void", [POINTER, POINTER]],
  llama_sampler_free: ["void", [POINTER]],
  llama_sampler_sample: ["int32_t", [POINTER, POINTER, "int32_t"]],
  llama_sampler_init_greedy: [POINTER, []],
  llama_sampler_init_dist: [POINTER, ["uint32_t"]],
  llama_sampler_init_top_k: [POINTER, ["int32_t"]],
  llama_sampler_init_top_p: [POINTER, ["float", "size_t"]],
  llama_sampler_init_min_p: [POINTER, ["float", "size_t"]],
  llama_sampler_init_temp: [POINTER, ["float"]],
  llama_sampler_init_penalties: [POINTER, ["int32_t", "int32_t", "float", "float", "float"]],
  llama_sampler_init_grammar: [POINTER, [POINTER, STRING, STRING]],
} as const satisfies Record<string, Signature>;

const ggmlBaseFunctions = {
  ggml_version: [STRING, []],
  ggml_get_name: [STRING, [POINTER]],
  ggml_nelements: ["int64_t", [POINTER]],
  ggml_get_data: [POINTER, [POINTER]],
  ggml_backend_tensor_get: ["void", [POINTER, POINTER, "size_t", "size_t"]],
  ggml_backend_tensor_set: ["void", [POINTER, POINTER, "size_t", "size_t"]],
  ggml_backend_dev_name: [STRING, [POINTER]],
  ggml_backend_dev_description: [STRING, [POINTER]],
  ggml_backend_dev_type: ["int32_t", [POINTER]],
  ggml_backend_dev_backend_reg: [POINTER, [POINTER]],
  ggml_backend_reg_get_proc_address: [POINTER, [POINTER, STRING]],
} as const satisfies Record<string, Signature>;

const ggmlFunctions = {
  ggml_backend_load_all_from_path: ["void", [STRING]],
  ggml_backend_dev_count: ["size_t", []],
  ggml_backend_dev_get: [POINTER, ["size_t"]],
  ggml_backend_dev_by_type: [POINTER, ["int32_t"]],
} as const satisfies Record<string, Signature>;

type Result<T> = T extends "void"
  ? undefined
  : T extends typeof STRING
    ? string | null
    : T extends typeof POINTER
      ? Maybe
      : T extends "bool"
        ? boolean
        : T extends "size_t" | "uint64_t" | "int64_t"
          ? number | bigint
          : T extends string
            ? number
            : // biome-ignore lint/suspicious/noExplicitAny: a struct by value; the caller names its fields
              any;
type Bound<T extends Record<string, Signature>> = {
  // biome-ignore lint/suspicious/noExplicitAny: koffi checks arguments at run time
  readonly [K in keyof T]: (...args: any[]) => Result<T[K][0]>;
};

export type Native = Bound<typeof llamaFunctions> &
  Bound<typeof ggmlBaseFunctions> &
  Bound<typeof ggmlFunctions>;

function bind<T extends Record<string, Signature>>(
  handle: ReturnType<typeof koffi.load>,
  functions: T,
): Bound<T> {
  const entries = Object.entries(functions).map(([name, [result, parameters]]) => [
    name,
    handle.func(name, result, [...parameters]),
  ]);
  return Object.fromEntries(entries);
}

/** Loads the three libraries and binds every function. Throws koffi's error if a file or a symbol is missing. */
export function loadNative(library: Library): Native {
  const base = bind(koffi.load(library.ggmlBase, { global: true }), ggmlBaseFunctions);
  const ggml = bind(koffi.load(library.ggml, { global: true }), ggmlFunctions);
  ggml.ggml_backend_load_all_from_path(library.directory);
  const llama = bind(koffi.load(library.llama, { global: true }), llamaFunctions);
  return { ...base, ...ggml, ...llama };
}

const CPU_DEVICE = 0;

/**
 * A thread pool whose idle threads sleep instead of polling, so that a machine with other work on it is not
 * burdened between two decodes. Null where the processor's backend does not offer one.
 */
export function createThreadpool(
  native: Native,
  threads: number,
): { pointer: Pointer; free: () => void } | null {
  const device = native.ggml_backend_dev_by_type(CPU_DEVICE);
  const registry = device && native.ggml_backend_dev_backend_reg(device);
  const create = registry && native.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new");
  const free = registry && native.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_free");
  if (!create || !free) return null;
  const createProto = koffi.proto(POINTER, [koffi.pointer(threadpoolParams)]);
  const freeProto = koffi.proto("void", [POINTER]);
  const pointer = koffi.call(create, createProto, {
    cpumask: new Array(512).fill(false),
    n_threads: threads,
    prio: 0,
    poll: 0,
    strict_cpu: false,
    paused: false,
  }) as Maybe;
  return pointer === null ? null : { pointer, free: () => void koffi.call(free, freeProto, pointer) };
}
