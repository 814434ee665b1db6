import type { Engine, ReadText } from "../engine/engine.js";
import type { Selection } from "../engine/selection.js";
import { EngineError, RecipeError } from "../errors.js";
import { euclideanNorm } from "../steering/direction.js";
import type { Encoder } from "./encoder.js";

export interface ResidualEncoderOptions {
  /** 0-based block; the residual stream is read after it. */
  readonly layer: number;
  /** Rows that are pooled. Default: all but BOS. */
  readonly where?: Selection | undefined;
  /** How a text is read. Default: as it stands. */
  readonly read?: ((text: string) => ReadText) | undefined;
}

/**
 * The generating model as an encoder: the mean of a text's residuals after a block, scaled to length 1. Means of most
 * models share one large direction, so that all cosines are near 1: set them against a reference with `centredEncoder`.
 *
 * @throws RecipeError for a layer that the model does not have, or an engine that cannot capture.
 */
export function residualEncoder(
  engine: Pick<Engine, "model" | "capabilities" | "capture">,
  { layer, where, read = (text) => text }: ResidualEncoderOptions,
): Encoder {
  const { model } = engine;
  const { width } = model;
  if (!engine.capabilities.capture) {
    throw new RecipeError(
      "This engine gives no residuals, so it cannot encode texts. Choose another encoder.",
    );
  }
  if (!Number.isInteger(layer) || layer < 0 || layer >= model.layers) {
    throw new RecipeError(`${model.name} has the layers 0 to ${model.layers - 1}, and no layer ${layer}.`);
  }
  const selected = where === undefined ? "" : `, rows ${JSON.stringify(where)}`;
  return {
    name: `mean residual of ${model.name || model.architecture} (${model.sha256.slice(0, 12)}), layer ${layer}${selected}`,
    width,
    async encode(texts, { signal } = {}) {
      const vectors = new Array<Float32Array>(texts.length);
      const captures = engine.capture(
        texts.map((text) => read(text)),
        {
          layers: [layer],
          pooling: "mean",
          ...(where ? { where } : {}),
          ...(signal ? { signal } : {}),
        },
      );
      for await (const { text, values } of captures) {
        const norm = euclideanNorm(values);
        if (!Number.isFinite(norm)) {
          throw new EngineError(
            `The residual of text ${text} at layer ${layer} is not of finite numbers. Choose another layer.`,
          );
        }
        vectors[text] = values.map((value) => (norm > 0 ? value / norm : 0));
      }
      return vectors;
    },
  };
}
