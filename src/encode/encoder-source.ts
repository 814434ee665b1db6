import { RecipeError } from "../errors.js";
import { parseSource } from "../models/source.js";
import { nearestKey } from "../recipe/nearest-key.js";

/** An encoder as a recipe or the command line names it. */
export type EncoderSource =
  /** Hashed character n-grams, without weights. */
  | { readonly kind: "ngrams" }
  /** The generating model's own mean residuals. */
  | { readonly kind: "residuals" }
  /** A GGUF file; `model` is a model source. */
  | { readonly kind: "gguf"; readonly model: string }
  /** An ONNX model; `model` is a folder, or an id of the Hugging Face Hub with its revision, if any, behind an @. */
  | { readonly kind: "onnx"; readonly model: string };

const KINDS = ["ngrams", "residuals", "gguf", "onnx"] as const;
const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(@[\w./-]+)?$/;
const ALLOWED =
  "ngrams, residuals, gguf:MODEL (an alias, file:, hf: or npm: source), onnx:FOLDER, onnx:OWNER/NAME (of the Hugging Face Hub)";

/**
 * Reads `ngrams`, `residuals`, `gguf:MODEL` or `onnx:FOLDER-OR-ID`.
 * @throws RecipeError for anything else, with the nearest that would do; and for a model source that is none.
 */
export function parseEncoderSource(text: string): EncoderSource {
  const source = text.trim();
  const colon = source.indexOf(":");
  const kind = colon < 0 ? source : source.slice(0, colon);
  const model = colon < 0 ? "" : source.slice(colon + 1).trim();
  switch (kind) {
    case "ngrams":
    case "residuals":
      if (colon >= 0) throw refusal(text, "nothing follows this name", kind);
      return { kind };
    case "gguf":
      if (model === "") throw refusal(text, "it names no model");
      parseSource(model);
      return { kind, model };
    case "onnx":
      if (model === "") throw refusal(text, "it names no model");
      return { kind, model };
    default:
      throw refusal(text, "nothing is known of this kind of encoder", nearest(source, kind, model));
  }
}

/** The encoder that was probably meant: a model without the name of its kind, or a misspelt kind. */
function nearest(source: string, kind: string, model: string): string | undefined {
  if (isModelSource(source)) return `gguf:${source}`;
  if (HUB_ID.test(source)) return `onnx:${source}`;
  const known = nearestKey(kind, KINDS);
  if (known === undefined) return undefined;
  return known === "ngrams" || known === "residuals" ? known : `${known}:${model || "MODEL"}`;
}

function isModelSource(text: string): boolean {
  try {
    parseSource(text);
    return true;
  } catch {
    return false;
  }
}

function refusal(source: string, reason: string, meant?: string): RecipeError {
  const shown = JSON.stringify(source.length > 200 ? `${source.slice(0, 200)}…` : source);
  const suggestion = meant === undefined ? "" : ` Did you mean ${meant}?`;
  return new RecipeError(
    `The encoder ${shown} cannot be used: ${reason}.${suggestion} Allowed are: ${ALLOWED}.`,
  );
}
