import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../errors.js";
import type { GgufValue } from "../../gguf/format.js";
import { type GgufFile, metadataString } from "../../gguf/read.js";
import { type TensorToWrite, writeGguf } from "../../gguf/write.js";
import type { Pointer } from "./bindings.js";
import type { TrainingNative } from "./training-bindings.js";

/** llama.cpp makes room for this many nodes of a graph for each tensor, and for each pair of an adapter's tensors. */
const NODES_PER_TENSOR = 8;
const LEAST_NODES = 1024;
const NODES_PER_PAIR = 6;
/** A forward and a backward pass with a step of the optimiser took 16 for each tensor, measured on Llama and Qwen 3. */
const NODES_NEEDED_PER_TENSOR = 32;

/**
 * Makes llama.cpp leave room for a backward pass in the contexts that are made from now on.
 *
 * Its own estimate is for the forward pass, and with more than seven blocks the optimiser's graph ends in a failed
 * assertion. Every adapter that is loaded adds to the estimate, in use or not: an empty one, of rank 1, is loaded as
 * often as needed. It is never put to use, and goes with the model.
 *
 * @throws EngineError if llama.cpp does not load it
 */
export function makeGraphRoom(native: TrainingNative, model: Pointer, file: GgufFile): void {
  const missing =
    NODES_NEEDED_PER_TENSOR * file.tensors.size - Math.max(LEAST_NODES, NODES_PER_TENSOR * file.tensors.size);
  if (missing <= 0) return;
  const matrices = [...file.tensors.values()].filter(
    ({ name, shape }) => /^blk\..*\.weight$/.test(name) && shape.length === 2,
  );
  const tensors = matrices.flatMap(({ name, shape: [inputs, outputs] }): TensorToWrite[] => [
    { name: `${name}.lora_a`, shape: [inputs!, 1], data: new Float32Array(inputs!) },
    { name: `${name}.lora_b`, shape: [1, outputs!], data: new Float32Array(outputs!) },
  ]);
  const text = (value: string): GgufValue => ({ type: "string", value });
  const metadata = new Map<string, GgufValue>([
    ["general.type", text("adapter")],
    ["general.architecture", text(metadataString(file, "general.architecture") ?? "")],
    ["adapter.type", text("lora")],
    ["adapter.lora.alpha", { type: "float32", value: 1 }],
  ]);
  const folder = mkdtempSync(join(tmpdir(), "tiller-adapter-"));
  try {
    const path = join(folder, "empty.gguf");
    writeGguf(path, { metadata, tensors });
    for (let room = 0; room < missing; room += NODES_PER_PAIR * matrices.length) {
      if (matrices.length === 0 || native.llama_adapter_lora_init(model, path) === null) {
        throw new EngineError(
          `llama.cpp cannot be made to train ${file.path}: it made no room for the backward pass.`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
