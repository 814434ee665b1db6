import type { Engine } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { EngineError } from "../errors.js";
import { readTokenTexts } from "../gguf/token-texts.js";
import type { SteeringVector } from "./steering-vector.js";
import { directionAt } from "./strength.js";
import { requireUsable } from "./strength-cells.js";

export interface NearToken {
  readonly token: number;
  readonly text: string;
  /** Standard deviations, over the vocabulary, from the vocabulary's mean. */
  readonly score: number;
}

/** What a direction says if it is read as if it were the end of the model. */
export interface NearestTokens {
  /** 0-based block that the direction is of. */
  readonly layer: number;
  /** The tokens that the direction makes likeliest, the first one most. */
  readonly towards: readonly NearToken[];
  /** The tokens that the opposite direction makes likeliest. */
  readonly away: readonly NearToken[];
}

/**
 * Length at which a direction is put behind the last block: so long that what the prompt left there does not count,
 * and that its square is still far from the largest 32-bit number.
 */
const LENGTH = 1e10;

/** Any text will do: nothing is left of it. */
const PROMPT = "The";

/**
 * The tokens of the vocabulary that lie nearest to a direction: the logit lens (nostalgebraist 2020), applied to v̂
 * itself. The score of token t is the standardised W_U[t]·norm(v̂), with the model's own last norm and unembedding;
 * half the difference of v̂ and −v̂ is taken, which leaves out the norm's and the unembedding's biases and so the tokens
 * that are likely whatever comes before.
 *
 * No weights are read: ±s·v̂ with a very large s is added behind the last block, whose output is then ±v̂ but for a
 * factor, which the norm takes out, and the logits of the next token are the product. Directions of early layers
 * are still to be changed by the blocks behind them, and often give no word that means anything: largest
 * scores of 4 to 5 are what random directions give, too (TinyLlama, 40 ends of random directions: 4.0 to 5.4).
 *
 * @param options.count How many on either side, default 10.
 * @returns one for each layer that was asked for, in that order.
 * @throws ModelError if the vector was made from another model; RecipeError if it lacks a layer; EngineError if the
 * engine does not steer the last block
 */
export async function nearestTokens(
  engine: Pick<Engine, "model" | "nextToken">,
  vector: SteeringVector,
  options: {
    readonly layers: readonly number[];
    readonly count?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<NearestTokens[]> {
  const { layers, count = 10, signal } = options;
  const { model } = engine;
  requireUsable(vector, model);
  const units = layers.map((layer) => directionAt(vector, layer).unit);
  const texts = readTokenTexts(model.file);
  const logits = (unit: Float32Array, length: number) => {
    const added = {
      kind: "add",
      layer: model.layers - 1,
      vector: unit.map((value) => length * value),
    } as const;
    return retryAfterCrash("looking for tokens", () =>
      engine.nextToken(PROMPT, { interventions: [added], ...(signal ? { signal } : {}) }),
    );
  };
  const results: NearestTokens[] = [];
  for (const [index, unit] of units.entries()) {
    const ahead = await logits(unit, LENGTH);
    const behind = await logits(unit, -LENGTH);
    const scored = standardised(
      texts.flatMap((text, token) =>
        text === undefined || token >= ahead.length
          ? []
          : [{ token, text, score: (ahead[token]! - behind[token]!) / 2 }],
      ),
    );
    if (scored === undefined) {
      throw new EngineError(
        `The direction for ${vector.class} (${vector.language}) cannot be read as tokens: adding it behind the last ` +
          `block of ${model.name} (architecture ${model.architecture}) does not change the next token, or leaves no valid distribution.`,
      );
    }
    scored.sort((a, b) => b.score - a.score || a.token - b.token);
    results.push({
      layer: layers[index]!,
      towards: scored.slice(0, count),
      away: scored.slice(Math.max(0, scored.length - count)).reverse(),
    });
  }
  return results;
}

/** Scores with mean 0 and standard deviation 1; undefined if they do not differ or are not finite. */
function standardised(tokens: readonly NearToken[]): NearToken[] | undefined {
  const mean = tokens.reduce((sum, { score }) => sum + score, 0) / tokens.length;
  const deviation = Math.sqrt(
    tokens.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / tokens.length,
  );
  if (!(deviation > 0 && Number.isFinite(deviation))) return undefined;
  return tokens.map((token) => ({ ...token, score: (token.score - mean) / deviation }));
}
