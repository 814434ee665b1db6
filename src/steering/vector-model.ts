import type { CapturedModel } from "./class-means.js";

/** The model that a vector is to steer, as an engine's `ModelInfo` or a vector's `model` describe it. */
export interface ExpectedModel {
  /** Not compared if empty. */
  readonly sha256: string;
  readonly width: number;
  /** Compared only with vectors whose file does not say the model's sha256. */
  readonly architecture?: string;
}

/**
 * GGUF's name of an architecture by Transformers' `model_type` (which repeng writes), where they differ by more than
 * case, `-`, `_` or an ending `_text`. From the converters of llama.cpp v0.5.0.
 */
const GGUF_NAMES: Readonly<Record<string, string>> = {
  mistral: "llama",
  mixtral: "llama",
  internlm3: "llama",
  ministral3: "mistral3",
  cohere: "commandr",
  phi: "phi2",
  gptbigcode: "starcoder",
  olmo3: "olmo2",
};

function plainName(architecture: string): string {
  const plain = architecture
    .toLowerCase()
    .replace(/_text$/, "")
    .replace(/[-_.]/g, "");
  return Object.hasOwn(GGUF_NAMES, plain) ? GGUF_NAMES[plain]! : plain;
}

/** Whether two names, GGUF's or Transformers', may mean one architecture; an empty name may mean any. */
export function sameArchitecture(a: string, b: string): boolean {
  return a === "" || b === "" || plainName(a) === plainName(b);
}

/**
 * Why a vector of one model cannot steer another, to complete "PATH …", or undefined if it can. Of two files of one
 * model (quantised otherwise) the sha256 differs, and so do residuals: that is another model.
 */
export function otherModelProblem(of: CapturedModel, expected: ExpectedModel): string | undefined {
  if (of.sha256 !== "" && expected.sha256 !== "" && of.sha256 !== expected.sha256) {
    return (
      `was made from another model: its sha256 is ${of.sha256}, and the loaded model's is ${expected.sha256}. ` +
      "Make the vector again with this model."
    );
  }
  if (of.width !== expected.width) {
    return (
      `has ${of.width} dimensions, and the loaded model ${expected.width}: it was made from another model. ` +
      "Make the vector again with this model."
    );
  }
  const unproved = of.sha256 === "" || expected.sha256 === "";
  if (unproved && !sameArchitecture(of.architecture, expected.architecture ?? "")) {
    return (
      `was made from a model of the architecture ${of.architecture}, and the loaded model is ${expected.architecture}. ` +
      "Choose a vector of this model; if it is one, import it again and name the architecture."
    );
  }
  return undefined;
}
