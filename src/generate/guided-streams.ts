import type { Prompt } from "../engine/engine.js";
import type { Guidance } from "../engine/guidance.js";
import {
  classifierFree,
  contrastiveDecoding,
  contrastiveExpert,
  dexperts,
  type GuidanceLimits,
  negativePrompt,
  steer,
  steeredContrast,
} from "../guidance/presets.js";
import { EXPERT_KEYS, type ExpertKey, type GuidanceCell } from "../recipe/guidance-axes.js";
import type { RecipeGuidance } from "../recipe/guidance-schema.js";

/** What a text's streams need besides the recipe's guidance and the weights of its cell. */
export interface StreamInputs {
  /** c̄ of paper B; needed where η is above 0. */
  readonly negatives?: string;
  /** Needed for classifier-free guidance. */
  readonly unprompted?: Prompt;
  /** Experts that the request's interventions do not fit, as their residual streams are of another shape. */
  readonly unsteered?: ReadonlySet<ExpertKey>;
}

/**
 * The streams of one text. The engine knows each expert by the recipe's key for it.
 * @throws RecipeError if η is above 0 and there are no negatives
 */
export function guidedStreams(
  guidance: RecipeGuidance,
  cell: GuidanceCell,
  { negatives = "", unprompted = "", unsteered }: StreamInputs,
): Guidance {
  const limits = limitsOf(guidance);
  const { gamma = 0, eta = 0 } = cell;
  const [expert, antiExpert, amateur] = EXPERT_KEYS;
  const { spareEnd = true } = guidance;
  const own = guidance.expert === undefined ? {} : { expert };
  const made = (): Guidance => {
    switch (cell.preset) {
      case "contrastive-expert":
        return contrastiveExpert({ gamma, expert, ...limits });
      case "negative-prompt":
        if (eta === 0) return { streams: [{ ...own, weight: 1 }], ...limits };
        return negativePrompt({ eta, negatives, spareEnd, ...own, ...limits });
      case "steer":
        if (eta === 0) return contrastiveExpert({ gamma, expert, ...limits });
        return steer({ gamma, eta, expert, negatives, spareEnd, ...limits });
      case "classifier-free":
        return classifierFree({ gamma, unprompted, ...limits });
      case "dexperts":
        return dexperts({ gamma, expert, antiExpert, ...limits });
      case "contrastive-decoding":
        return contrastiveDecoding({ gamma, amateur, ...limits });
      case "steered-contrast":
        return steeredContrast({ gamma, ...limits });
    }
  };
  const { streams, ...rest } = made();
  return {
    streams: streams.map((stream) =>
      unsteered?.has(stream.expert as ExpertKey) ? { ...stream, interventions: UNSTEERED } : stream,
    ),
    ...rest,
  };
}

/** One list for all, so that streams without interventions are known to be alike. */
const UNSTEERED: NonNullable<Guidance["streams"][number]["interventions"]> = [];

function limitsOf({ plausibility, schedule, entropyAbove, after }: RecipeGuidance): GuidanceLimits {
  return {
    ...(plausibility === undefined ? {} : { plausibility }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(entropyAbove === undefined ? {} : { entropyAbove }),
    ...(after === undefined ? {} : { after }),
  };
}
