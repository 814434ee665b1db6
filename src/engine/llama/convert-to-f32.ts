import { renameSync, rmSync } from "node:fs";
import { EngineError } from "../../errors.js";
import type { TrainingNative } from "./training-bindings.js";

/** llama.cpp's code for a file whose weights are all F32. */
const ALL_F32 = 0;

/**
 * Writes a copy of a model with all weights as F32, quantised ones included: their values are those that the model
 * computes with, and not the ones from before it was quantised. Metadata is kept.
 *
 * @throws EngineError if llama.cpp cannot
 */
export function convertToF32(native: TrainingNative, from: string, to: string, threads: number): void {
  const partial = `${to}.partial-${process.pid}`;
  const params = {
    ...native.llama_model_quantize_default_params(),
    nthread: threads,
    ftype: ALL_F32,
    allow_requantize: true,
  };
  try {
    const status = native.llama_model_quantize(from, partial, params);
    if (status !== 0) throw new EngineError(`llama.cpp could not convert ${from} to F32 (status ${status}).`);
    renameSync(partial, to);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
