import { bert } from "./tiny-architectures/bert.js";
import { gptOss, qwen3moe } from "./tiny-architectures/experts.js";
import { gemma2, gemma3, gemma3n, gemma4, gemma4Small } from "./tiny-architectures/gemma.js";
import { mamba, plamo2, qwen35 } from "./tiny-architectures/recurrent.js";
import type { ArchitectureDefinition } from "./tiny-architectures/tensor-plan.js";
import { commandR, llama, phi3, qwen2, qwen3 } from "./tiny-architectures/transformers.js";

/**
 * Architectures of tiny models, under llama.cpp's names; `gemma4-small` is its `gemma4` as the small models of
 * that family are. To add one: its metadata keys and its tensors, in a file of its family.
 */
const architectures = {
  llama,
  qwen2,
  qwen3,
  phi3,
  "command-r": commandR,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  "gemma4-small": gemma4Small,
  qwen3moe,
  "gpt-oss": gptOss,
  mamba,
  qwen35,
  plamo2,
  bert,
} satisfies Record<string, ArchitectureDefinition>;

export type TinyArchitecture = keyof typeof architectures;

export const TINY_ARCHITECTURES: Readonly<Record<TinyArchitecture, ArchitectureDefinition>> = architectures;
