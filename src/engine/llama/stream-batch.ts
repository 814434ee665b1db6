import { setImmediate as yieldToMessages } from "node:timers/promises";
import koffi from "koffi";
import { EngineError } from "../../errors.js";
import type { StreamLogits } from "./combine-streams.js";
import type { NativeContext } from "./native-context.js";
import { PromptCache, streamsFor } from "./prompt-cache.js";
import { copiedGates, RowSteering, resetGates, type SteeredRow } from "./row-steering.js";
import type { ExpertModel } from "./session.js";
import type { PlannedPrompt, PlannedStream } from "./text-plan.js";

/** A stream of a text that is being written; as a row, the token that is decoded next. */
export interface StreamRow extends SteeredRow {
  readonly batch: StreamBatch;
  /** Row of the batch, and stream of the cache. */
  readonly row: number;
  token: number;
  position: number;
}

/** The streams of one model, decoded together: one row for each, and idle ones so that the shape stays. */
export class StreamBatch {
  readonly model: ExpertModel;
  readonly context: NativeContext;
  readonly #rows: (StreamRow | undefined)[];
  readonly #steering: RowSteering;
  readonly #hooked: boolean;
  readonly #layers: readonly number[];
  readonly #cache: PromptCache<PlannedPrompt>;
  readonly #logits: StreamLogits;
  #address = 0n;

  private constructor(parts: {
    model: ExpertModel;
    context: NativeContext;
    rows: number;
    steering: RowSteering;
    hooked: boolean;
    layers: readonly number[];
    cache: PromptCache<PlannedPrompt>;
  }) {
    this.model = parts.model;
    this.context = parts.context;
    this.#rows = new Array(parts.rows).fill(undefined);
    this.#steering = parts.steering;
    this.#hooked = parts.hooked;
    this.#layers = parts.layers;
    this.#cache = parts.cache;
    this.#logits = { values: new Float32Array(0), offset: 0 };
  }

  /** Makes room for `rows` of the job's streams at once and evaluates the prompts that are kept. */
  static async open(
    model: ExpertModel,
    streams: readonly PlannedStream[],
    rows: number,
    signal: AbortSignal,
  ): Promise<StreamBatch> {
    const { session } = model;
    const plans = [...new Set(streams.map(({ plan }) => plan))];
    const prompts = streams.map(({ prompt }) => prompt);
    const layers = [...new Set(plans.flatMap((plan) => plan.layers))];
    if (layers.length > 0) session.requireResiduals();
    // One addition for all rows is free through the control vector; different ones go row by row.
    const shared = plans.length === 1 ? plans[0]! : undefined;
    const hooked = layers.length > 0 && shared?.route !== "native";
    const context = session.generation(rows + streamsFor(prompts), hooked, model.adapter);
    for (const { tokens } of prompts) checkLength(tokens, context.capacity);
    context.clear();
    context.setControlVector(shared && !hooked ? shared.additions : new Map());
    const steering = new RowSteering(session.steerable);
    if (hooked) session.hooks.use(layers, steering.handle);
    const cache = await PromptCache.open(
      context,
      prompts,
      rows,
      async ({ tokens, steering: plan, gates }, from, to) => {
        await yieldToMessages();
        signal.throwIfAborted();
        // Another model's batch may have used the hooks meanwhile.
        session.hooks.use(hooked ? layers : [], steering.handle);
        if (!hooked) return;
        if (from === 0) resetGates(gates);
        const promptLength = tokens.length;
        const row = (token: number, i: number) => ({ token, position: from + i, promptLength, plan, gates });
        steering.begin(Array.from(tokens.subarray(from, to), row), []);
      },
    );
    session.hooks.rethrow();
    return new StreamBatch({ model, context, rows, steering, hooked, layers, cache });
  }

  /** Fills a free row with a stream's prompt, all but its last token, which is decoded next. */
  async add({ prompt, plan }: PlannedStream): Promise<StreamRow> {
    const row = this.#rows.indexOf(undefined);
    if (row < 0) throw new EngineError("There is no free row for another stream.");
    await this.#cache.load(row, prompt);
    this.model.session.hooks.rethrow();
    const { tokens, gates } = prompt;
    const stream: StreamRow = {
      batch: this,
      row,
      plan,
      gates: gates.length > 0 ? copiedGates(gates) : undefined,
      promptLength: tokens.length,
      token: tokens.at(-1)!,
      position: tokens.length - 1,
    };
    this.#rows[row] = stream;
    return stream;
  }

  remove({ row }: StreamRow): void {
    this.#rows[row] = undefined;
  }

  /** One decode of every row; idle ones carry a token that is forgotten afterwards. */
  decode(): void {
    const { context, model } = this;
    const { hooks, vocabulary } = model.session;
    const filler = Math.max(0, vocabulary.bos);
    for (const [row, stream] of this.#rows.entries()) {
      if (!stream) context.remove(row);
      context.batch.set(row, stream?.token ?? filler, stream?.position ?? 0, row, true);
    }
    hooks.use(this.#hooked ? this.#layers : [], this.#steering.handle);
    if (this.#hooked) this.#steering.begin(this.#rows);
    context.decode(this.#rows.length);
    hooks.rethrow();
    this.#view();
    const { values } = this.#logits;
    for (const [row, stream] of this.#rows.entries()) {
      if (!stream || !Number.isNaN(values[row * vocabulary.size])) continue;
      throw new EngineError(
        "The model's logits are not numbers any more: the steering is too strong for it. Lower the strengths.",
      );
    }
  }

  /** Points `to` at the logits of a row of the last decode, in the library's own memory. */
  locate({ row }: StreamRow, to: StreamLogits): void {
    to.values = this.#logits.values;
    to.offset = row * this.model.session.vocabulary.size;
  }

  /** Looks at where the logits lie now; they stay in one place unless the context makes more room. */
  #view(): void {
    const { native, vocabulary } = this.model.session;
    const pointer = native.llama_get_logits(this.context.pointer)!;
    const address = koffi.address(pointer);
    if (address === this.#address) return;
    const bytes = this.#rows.length * vocabulary.size * Float32Array.BYTES_PER_ELEMENT;
    this.#logits.values = new Float32Array(koffi.view(pointer, bytes));
    this.#address = address;
  }
}

export function checkLength(prompt: Int32Array, capacity: number): void {
  if (prompt.length >= capacity) {
    throw new EngineError(
      `The prompt has ${prompt.length} tokens and the context ${capacity}: there is no room for a text. ` +
        "Shorten the prompt or raise model.context in the recipe.",
    );
  }
}
