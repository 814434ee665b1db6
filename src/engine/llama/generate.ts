import { setImmediate as yieldToMessages } from "node:timers/promises";
import { EngineError } from "../../errors.js";
import type { Completion, GenerationRequest, Intervention } from "../engine.js";
import type { Pointer } from "./bindings.js";
import { additionHandler, planSteering, type RowVector, type SteeringPlan } from "./interventions.js";
import type { NativeContext } from "./native-context.js";
import { PromptCache, type SteeredPrompt, streamsFor } from "./prompt-cache.js";
import { promptTokens } from "./prompt-tokens.js";
import type { Operations } from "./protocol.js";
import { createSampler } from "./sampler.js";
import type { Session } from "./session.js";
import { TextAssembler } from "./text-assembler.js";

type Options = Operations["generate"]["input"]["options"];

/** llama.cpp's kernels round alike from this many rows on, in multiples of four, so that smaller jobs are padded. */
const MIN_ROWS = 8;

/** One text being written. */
interface Slot {
  readonly index: number;
  readonly sampler: Pointer;
  readonly text: TextAssembler;
  readonly plan: SteeringPlan;
  readonly promptTokens: number;
  token: number;
  position: number;
  tokens: number;
}

const roundUp = (rows: number) => Math.ceil(rows / 4) * 4;

/**
 * Rows of every decode of a job: as many as it has sequences, or fewer where they would stand idle in its last
 * wave. A single sequence has one idle row beside it: what a lone row gives depends on the number of threads.
 */
export function rowsOfJob(requests: number, sequences: number): number {
  if (sequences === 1) return 2;
  const waves = Math.ceil(requests / sequences);
  return Math.max(MIN_ROWS, roundUp(Math.min(sequences, requests / waves)));
}

/**
 * Writes a text for each request: continuous batching with the common beginning of the prompts evaluated once,
 * a finished sequence replaced at once, every decode of one shape, and every sequence in a cache stream of its
 * own. The same requests give the same bytes, whatever the number of threads, and a text does not depend on what
 * its neighbours say; it may depend, in its last bits, on which other prompts share the job and on its rows.
 */
export async function generate(
  session: Session,
  requests: readonly GenerationRequest[],
  options: Options,
  emit: (completion: Completion) => void,
  signal: AbortSignal,
): Promise<void> {
  if (requests.length === 0) return;
  const { prompts, plans } = preparePrompts(session, requests, options);
  const distinct = [...new Set(prompts)];
  const layers = new Set(plans.flatMap((plan) => [...plan.additions.keys()]));
  if (layers.size > 0) requireResiduals(session);
  // One addition for all rows is free through the control vector; different ones go row by row.
  const shared = plans.length === 1 ? plans[0]! : undefined;
  const hooked = layers.size > 0 && shared?.route !== "native";
  const rows = rowsOfJob(requests.length, options.sequences);
  const context = session.generation(rows + streamsFor(distinct.length), hooked);
  for (const { tokens } of distinct) checkLength(tokens, context.capacity);
  context.clear();
  context.setControlVector(shared && !hooked ? shared.additions : new Map());
  let planOfRow: (row: number) => SteeringPlan | undefined = () => undefined;
  if (hooked) {
    const vectorOf: RowVector = (layer, row) => planOfRow(row)?.additions.get(layer);
    session.hooks.use(layers, additionHandler(session.width, vectorOf));
  }
  const slots: (Slot | undefined)[] = new Array(rows).fill(undefined);
  try {
    const cache = await PromptCache.open(context, distinct, rows, async (plan) => {
      await yieldToMessages();
      signal.throwIfAborted();
      planOfRow = () => plan;
    });
    let next = 0;
    const refill = async (sequence: number) => {
      const request = requests[next];
      const old = slots[sequence];
      if (old) session.native.llama_sampler_free(old.sampler);
      slots[sequence] = undefined;
      if (!request) return;
      const prompt = prompts[next]!;
      await cache.load(sequence, prompt);
      slots[sequence] = {
        index: next,
        sampler: createSampler(session.native, session.vocabulary, options.decoding, request.seed),
        text: new TextAssembler(options.decoding.stop),
        plan: prompt.steering,
        promptTokens: prompt.tokens.length,
        token: prompt.tokens.at(-1)!,
        position: prompt.tokens.length - 1,
        tokens: 0,
      };
      next++;
    };
    for (let sequence = 0; sequence < rows; sequence++) await refill(sequence);
    while (slots.some((slot) => slot !== undefined)) {
      await yieldToMessages();
      signal.throwIfAborted();
      planOfRow = (row) => slots[row]?.plan;
      step(context, slots, session.vocabulary.bos);
      if (hooked) session.hooks.rethrow();
      const finished: number[] = [];
      for (const [sequence, slot] of slots.entries()) {
        if (!slot) continue;
        const finish = advance(session, context, slot, sequence, options.decoding.maxTokens);
        if (!finish) continue;
        finished.push(sequence);
        emit({
          index: slot.index,
          text: slot.text.end(),
          promptTokens: slot.promptTokens,
          tokens: slot.tokens,
          finish,
        });
      }
      // A new prompt may need a decode of its own, after which this step's logits are gone.
      for (const sequence of finished) await refill(sequence);
    }
  } finally {
    for (const slot of slots) if (slot) session.native.llama_sampler_free(slot.sampler);
    session.hooks.use([]);
  }
}

/**
 * Tokenises each prompt once and plans each set of interventions once. Requests that share both share the
 * object, so that they can be compared by identity.
 */
function preparePrompts(
  session: Session,
  requests: readonly GenerationRequest[],
  options: Options,
): { prompts: SteeredPrompt<SteeringPlan>[]; plans: SteeringPlan[] } {
  const plans = new Map<readonly Intervention[], SteeringPlan>();
  const tokensOf = new Map<string, Int32Array>();
  const known = new Map<SteeringPlan, Map<Int32Array, SteeredPrompt<SteeringPlan>>>();
  const { route } = options;
  const prompts = requests.map((request) => {
    const interventions = request.interventions ?? options.interventions;
    const steering =
      plans.get(interventions) ??
      planSteering({ interventions, ...(route ? { route } : {}) }, session.layers, session.width);
    plans.set(interventions, steering);
    const key = JSON.stringify(request.prompt);
    const tokens =
      tokensOf.get(key) ?? promptTokens(request.prompt, session.chatTemplate, session.vocabulary);
    tokensOf.set(key, tokens);
    if (tokens.length === 0) throw new EngineError("The prompt is empty.");
    const ofPlan = known.get(steering) ?? new Map<Int32Array, SteeredPrompt<SteeringPlan>>();
    known.set(steering, ofPlan);
    const prompt = ofPlan.get(tokens) ?? { tokens, steering };
    ofPlan.set(tokens, prompt);
    return prompt;
  });
  return { prompts, plans: [...plans.values()] };
}

export function checkLength(prompt: Int32Array, capacity: number): void {
  if (prompt.length >= capacity) {
    throw new EngineError(
      `The prompt has ${prompt.length} tokens and the context ${capacity}: there is no room for a text. ` +
        "Shorten the prompt or raise model.context in the recipe.",
    );
  }
}

export function requireResiduals(session: Session): void {
  if (!session.hasResiduals()) {
    throw new EngineError(
      `Models of the architecture ${session.architecture} cannot be steered or read: llama.cpp does not name their residual stream.`,
    );
  }
}

/** One decode of every row; idle rows carry a token that is forgotten afterwards. */
function step(context: NativeContext, slots: readonly (Slot | undefined)[], filler: number): void {
  for (const [sequence, slot] of slots.entries()) {
    if (!slot) context.remove(sequence);
    context.batch.set(sequence, slot?.token ?? Math.max(0, filler), slot?.position ?? 0, sequence, true);
  }
  context.decode(slots.length);
}

function advance(
  session: Session,
  context: NativeContext,
  slot: Slot,
  row: number,
  maxTokens: number,
): Completion["finish"] | undefined {
  const token = session.native.llama_sampler_sample(slot.sampler, context.pointer, row);
  if (session.vocabulary.isEndOfGeneration(token)) return "end";
  slot.tokens++;
  slot.token = token;
  slot.position++;
  if (slot.text.add(session.vocabulary.piece(token))) return "stop";
  return slot.tokens >= maxTokens || slot.position >= context.capacity ? "length" : undefined;
}
