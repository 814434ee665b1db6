import { EngineError } from "../../errors.js";
import type { GenerationRequest, Prompt } from "../engine.js";
import { checkGuidance, type Guidance, type GuidanceStream } from "../guidance.js";
import type { Intervention } from "../intervention.js";
import { checkSchedule } from "../schedule.js";
import type { StreamSum } from "./combine-streams.js";
import { planSteering, requireReach, type SteeringPlan } from "./interventions.js";
import { contextTokens } from "./native-context.js";
import type { SteeredPrompt } from "./prompt-cache.js";
import { promptTokens } from "./prompt-tokens.js";
import type { Operations } from "./protocol.js";
import { type PromptGate, promptGates } from "./row-steering.js";
import { checkDecoding } from "./sampler.js";
import type { ExpertModel, Session } from "./session.js";

type Options = Operations["generate"]["input"]["options"];

/** A prompt under one steering, with what its conditions have seen of it. */
export interface PlannedPrompt extends SteeredPrompt<SteeringPlan> {
  readonly gates: readonly PromptGate[];
}

/** One of the distributions that a text is drawn from. */
export interface PlannedStream {
  readonly model: ExpertModel;
  readonly prompt: PlannedPrompt;
  /** Not the prompt's if it leaves prompts as they are: those are evaluated once for all such streams. */
  readonly plan: SteeringPlan;
}

export interface PlannedText {
  readonly request: GenerationRequest;
  /** At least one. */
  readonly streams: readonly PlannedStream[];
  /** Undefined: the only stream's logits are drawn from as they are. */
  readonly sum: StreamSum | undefined;
}

const UNSTEERED: readonly Intervention[] = [];
const UNGUIDED: Guidance = { streams: [{ weight: 1 }] };

/** Values by two keys, by identity. */
class Table<A, B, V> {
  readonly #rows = new Map<A, Map<B, V>>();

  get(a: A, b: B, make: () => V): V {
    const row = this.#rows.get(a) ?? new Map<B, V>();
    this.#rows.set(a, row);
    let value = row.get(b);
    if (value === undefined) {
      value = make();
      row.set(b, value);
    }
    return value;
  }
}

const EMPTY_STREAM =
  "guidance: a stream's prompt is empty, and this model has no token that begins a text. Give that stream a prompt, " +
  "such as a line break.";

/**
 * Tokenises each prompt once and plans each set of interventions once for each model. Streams that share both
 * share the objects, so that they can be compared by identity. A stream without weight is left out.
 *
 * @throws EngineError if the decoding, a prompt, an intervention or a guidance cannot be used
 */
export function planTexts(
  session: Session,
  requests: readonly GenerationRequest[],
  options: Options,
): PlannedText[] {
  const { route, decoding } = options;
  checkDecoding(decoding);
  const plans = new Table<ExpertModel, readonly Intervention[], SteeringPlan>();
  const planOf = (model: ExpertModel, interventions: readonly Intervention[]) =>
    plans.get(model, interventions, () =>
      planSteering({ interventions, ...(route ? { route } : {}) }, model.session.steerable),
    );
  const tokensOf = new Map<string, Int32Array>();
  const tokenize = (prompt: Prompt, ofStream: boolean) => {
    const key = JSON.stringify(prompt);
    const tokens = tokensOf.get(key) ?? promptTokens(prompt, session.chatTemplate, session.vocabulary);
    if (tokens.length === 0) throw new EngineError(ofStream ? EMPTY_STREAM : "The prompt is empty.");
    tokensOf.set(key, tokens);
    return tokens;
  };
  const models = new Map<ExpertModel, Table<SteeringPlan, Int32Array, PlannedPrompt>>();
  const streams = new Map<ExpertModel, Table<SteeringPlan, Int32Array, PlannedStream>>();
  const tableOf = <V>(tables: Map<ExpertModel, Table<SteeringPlan, Int32Array, V>>, model: ExpertModel) => {
    const table = tables.get(model) ?? new Table<SteeringPlan, Int32Array, V>();
    tables.set(model, table);
    return table;
  };
  const planStream = (request: GenerationRequest, stream: GuidanceStream): PlannedStream => {
    const model = session.expert(stream.expert);
    const plan = planOf(
      model,
      stream.interventions ?? request.interventions ?? options.interventions ?? UNSTEERED,
    );
    const tokens = tokenize(stream.prompt ?? request.prompt, stream.prompt !== undefined);
    // Another prompt need not have the rows that the request's interventions pick in its own.
    if (stream.prompt === undefined || stream.interventions !== undefined) {
      // The last token of a text is drawn and never read.
      const longest = tokens.length + decoding.maxTokens - 1;
      const room = Math.max(tokens.length, contextTokens(model.session.context));
      requireReach(plan, tokens, Math.min(longest, room));
    }
    return tableOf(streams, model).get(plan, tokens, () => {
      const steering = plan.touchesPrompts ? plan : planOf(model, UNSTEERED);
      const prompt = tableOf(models, model).get(steering, tokens, () => ({
        tokens,
        steering,
        gates: promptGates(steering, model.session.width),
      }));
      return { model, prompt, plan };
    });
  };
  const checked = new Set<Guidance>();
  return requests.map((request) => {
    const guidance = request.guidance ?? options.guidance ?? UNGUIDED;
    if (!checked.has(guidance)) {
      checkGuidance(guidance);
      if (guidance.schedule) checkSchedule(guidance.schedule, "of the guidance");
      if (decoding.grammar !== undefined && guidance.plausibility) {
        throw new EngineError(
          "guidance: plausibility and a grammar can rule out every token between them. Leave one of the two out.",
        );
      }
      checked.add(guidance);
    }
    const weighty = guidance.streams.filter(({ weight }, i) => i === 0 || weight !== 0);
    const alone = weighty.length === 1 && weighty[0]!.weight === 1 && !guidance.plausibility;
    return {
      request,
      streams: weighty.map((stream) => planStream(request, stream)),
      sum: alone
        ? undefined
        : {
            guidance,
            weights: weighty.map(({ weight }) => weight),
            spares: weighty.map(({ sparesEnd }) => sparesEnd ?? false),
          },
    };
  });
}
