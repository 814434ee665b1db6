/**
 * What fine-tuning and conversion need of llama.cpp beside `bindings.ts`: the optimiser, its data set, adapters
 * and the quantiser. Layouts are those of the releases that `library.ts` knows.
 */
import koffi from "koffi";
import { EngineError } from "../../errors.js";
import { differences } from "./abi.js";
import type { Pointer } from "./bindings.js";
import type { Library } from "./library.js";

const POINTER = "void *";

const adamWParams = {
  alpha: "float",
  beta1: "float",
  beta2: "float",
  epsilon: "float",
  weight_decay: "float",
} as const;

/** `ggml_opt_optimizer_params`: AdamW's five numbers, then the two of plain gradient descent. */
const optimizerParams = koffi.struct("ggml_opt_optimizer_params", {
  ...adamWParams,
  sgd_alpha: "float",
  sgd_weight_decay: "float",
});

const optParams = koffi.struct("llama_opt_params", {
  n_ctx_train: "uint32_t",
  param_filter: POINTER,
  param_filter_ud: POINTER,
  get_opt_pars: POINTER,
  get_opt_pars_ud: POINTER,
  optimizer_type: "int32_t",
});

const quantizeParams = koffi.struct("llama_model_quantize_params", {
  nthread: "int32_t",
  ftype: "int32_t",
  output_tensor_type: "int32_t",
  token_embedding_type: "int32_t",
  allow_requantize: "bool",
  quantize_output_tensor: "bool",
  only_copy: "bool",
  pure: "bool",
  keep_split: "bool",
  dry_run: "bool",
  imatrix: POINTER,
  kv_overrides: POINTER,
  tt_overrides: POINTER,
  prune_layers: POINTER,
  max_buf_size: "size_t",
});

/** Asked for every F32 tensor of the model that the optimiser could change: may it? */
export const parameterFilter = koffi.pointer(koffi.proto("bool tiller_parameter_filter(void *, void *)"));
/** Gives the optimiser's numbers before each of its steps. */
export const optimizerCallback = koffi.pointer(
  koffi.proto("tiller_optimizer_callback", optimizerParams, [POINTER]),
);

export interface OptimizerNumbers {
  /** Learning rate, above 0. */
  readonly alpha: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weight_decay: number;
  readonly sgd_alpha: number;
  readonly sgd_weight_decay: number;
}

type Maybe = Pointer | null;
type OptParams = Record<string, number | Maybe>;
type QuantizeParams = Record<string, number | bigint | boolean | Maybe>;

export interface TrainingNative {
  ggml_opt_dataset_init(
    data: number,
    labels: number,
    row: number,
    label: number,
    rows: number,
    shard: number,
  ): Pointer;
  ggml_opt_dataset_data(dataset: Pointer): Pointer;
  ggml_opt_dataset_labels(dataset: Pointer): Pointer;
  ggml_opt_dataset_free(dataset: Pointer): void;
  ggml_backend_tensor_memset(tensor: Pointer, value: number, offset: number, bytes: number): void;
  llama_vocab_eot(vocabulary: Pointer): number;
  llama_opt_init(context: Pointer, model: Pointer, params: OptParams): void;
  llama_opt_epoch(
    context: Pointer,
    dataset: Pointer,
    train: Maybe,
    evaluation: Maybe,
    split: number,
    onTrained: Maybe,
    onEvaluated: Maybe,
  ): void;
  llama_adapter_lora_init(model: Pointer, path: string): Maybe;
  llama_model_quantize_default_params(): QuantizeParams;
  /** 0 when it is done. */
  llama_model_quantize(from: string, to: string, params: QuantizeParams): number;
}

const OPTIMIZER_DEFAULTS = {
  alpha: Math.fround(1e-3),
  beta1: Math.fround(0.9),
  beta2: Math.fround(0.999),
  epsilon: Math.fround(1e-8),
  weight_decay: 0,
  sgd_alpha: Math.fround(1e-3),
  sgd_weight_decay: 0,
};

const QUANTIZE_DEFAULTS = {
  nthread: 0,
  ftype: 7,
  allow_requantize: false,
  quantize_output_tensor: true,
  only_copy: false,
  pure: false,
  keep_split: false,
  dry_run: false,
};

/**
 * Binds the functions, and checks the structs as `abi.ts` does for the others.
 * @throws EngineError if the library is laid out in another way
 */
export function loadTrainingNative(library: Library): TrainingNative {
  const base = koffi.load(library.ggmlBase, { global: true });
  const llama = koffi.load(library.llama, { global: true });
  const numbers = ["int32_t", "int32_t", "int64_t", "int64_t", "int64_t", "int64_t"];
  const native: TrainingNative = {
    ggml_opt_dataset_init: base.func("ggml_opt_dataset_init", POINTER, numbers),
    ggml_opt_dataset_data: base.func("ggml_opt_dataset_data", POINTER, [POINTER]),
    ggml_opt_dataset_labels: base.func("ggml_opt_dataset_labels", POINTER, [POINTER]),
    ggml_opt_dataset_free: base.func("ggml_opt_dataset_free", "void", [POINTER]),
    ggml_backend_tensor_memset: base.func("ggml_backend_tensor_memset", "void", [
      POINTER,
      "uint8_t",
      "size_t",
      "size_t",
    ]),
    llama_vocab_eot: llama.func("llama_vocab_eot", "int32_t", [POINTER]),
    llama_opt_init: llama.func("llama_opt_init", "void", [POINTER, POINTER, optParams]),
    llama_opt_epoch: llama.func("llama_opt_epoch", "void", [
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      "int64_t",
      POINTER,
      POINTER,
    ]),
    llama_adapter_lora_init: llama.func("llama_adapter_lora_init", POINTER, [POINTER, "const char *"]),
    llama_model_quantize_default_params: llama.func(
      "llama_model_quantize_default_params",
      quantizeParams,
      [],
    ),
    llama_model_quantize: llama.func("llama_model_quantize", "uint32_t", [
      "const char *",
      "const char *",
      koffi.pointer(quantizeParams),
    ]),
  };
  const defaults = base.func("ggml_opt_get_default_optimizer_params", optimizerParams, [POINTER]);
  const wrong = [
    ...differences(defaults(null), OPTIMIZER_DEFAULTS),
    ...differences(native.llama_model_quantize_default_params(), QUANTIZE_DEFAULTS),
  ];
  if (koffi.sizeof(optParams) !== 48)
    wrong.push(`llama_opt_params: ${koffi.sizeof(optParams)} bytes, expected 48`);
  if (wrong.length > 0) {
    throw new EngineError(
      `${library.name}@${library.packageVersion} has another optimiser than tillerlm expects: ${wrong.join("; ")}. ` +
        "Run npm ci to get the pinned version.",
    );
  }
  return native;
}
