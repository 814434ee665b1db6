import { ModelError } from "../errors.js";
import { type GgufFile, metadataNumber, metadataString } from "../gguf/read.js";
import type { ReportedModel } from "./report/run-report.js";

export type ModelFacts = ReportedModel;

/**
 * What a model file says of itself, without loading it.
 * @throws ModelError if it is no language model
 */
export function readFacts(file: GgufFile, name: string, sha256: string): ModelFacts {
  const architecture = metadataString(file, "general.architecture") ?? "unknown";
  const number = (key: string) => {
    const value = metadataNumber(file, `${architecture}.${key}`);
    if (value === undefined) {
      throw new ModelError(`${file.path} is no language model: it does not say ${architecture}.${key}.`);
    }
    return value;
  };
  const shape = { layers: number("block_count"), width: number("embedding_length") };
  return { name, file: file.path, sha256, architecture, ...shape };
}
