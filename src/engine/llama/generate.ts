import { setImmediate as yieldToMessages } from "node:timers/promises";
import type { Completion, GenerationRequest } from "../engine.js";
import type { Pointer } from "./bindings.js";
import { StreamCombiner, type StreamLogits } from "./combine-streams.js";
import type { Operations } from "./protocol.js";
import { createSampler } from "./sampler.js";
import type { ExpertModel, Session } from "./session.js";
import { StreamBatch, type StreamRow } from "./stream-batch.js";
import { TextAssembler } from "./text-assembler.js";
import { type PlannedStream, type PlannedText, planTexts } from "./text-plan.js";

type Options = Operations["generate"]["input"]["options"];

/** llama.cpp's kernels round alike from this many rows on, in multiples of four, so that smaller jobs are padded. */
const MIN_ROWS = 8;

/** One text being written. */
interface Slot {
  readonly index: number;
  readonly planned: PlannedText;
  readonly sampler: Pointer;
  readonly text: TextAssembler;
  /** The one that is drawn from first. */
  readonly streams: readonly StreamRow[];
  tokens: number;
}

const roundUp = (rows: number) => Math.ceil(rows / 4) * 4;

/**
 * Texts that a job writes side by side: as many as it has sequences, or fewer where they would stand idle in its last
 * wave. Fewer than eight are made eight, since the rows are there anyway; a single one is made two, since what a lone
 * row gives depends on the number of threads.
 */
export function rowsOfJob(requests: number, sequences: number): number {
  if (sequences === 1) return 2;
  const waves = Math.ceil(requests / sequences);
  return Math.max(MIN_ROWS, roundUp(Math.min(sequences, requests / waves)));
}

/** Most rows that a model's streams take at once if any `slots` of the texts are written together. */
function rowsOfModel(texts: readonly PlannedText[], model: ExpertModel, slots: number): number {
  const counts = texts.map(({ streams }) => streams.filter((stream) => stream.model === model).length);
  const most = counts.sort((a, b) => b - a).slice(0, slots);
  const rows = most.reduce((sum, count) => sum + count, 0);
  if (slots > 2) return Math.max(MIN_ROWS, roundUp(rows));
  return rows <= 2 ? 2 : roundUp(rows);
}

/**
 * Writes a text for each request: continuous batching with the common beginning of the prompts evaluated once,
 * a finished text replaced at once, every decode of one shape, and every stream in a cache of its own. The streams
 * of all texts that share a model are decoded together. The same requests give the same bytes, whatever the number
 * of threads, and a text does not depend on what its neighbours say; it may depend, in its last bits, on which other
 * prompts share the job and on its rows.
 */
export async function generate(
  session: Session,
  requests: readonly GenerationRequest[],
  options: Options,
  emit: (completion: Completion) => void,
  signal: AbortSignal,
): Promise<void> {
  if (requests.length === 0) return;
  const texts = planTexts(session, requests, options);
  const slots: (Slot | undefined)[] = new Array(rowsOfJob(requests.length, options.sequences)).fill(
    undefined,
  );
  const batches = new Map<ExpertModel, StreamBatch>();
  try {
    const streams = texts.flatMap((text) => text.streams);
    for (const model of new Set(streams.map((stream) => stream.model))) {
      const own = streams.filter((stream) => stream.model === model);
      const rows = rowsOfModel(texts, model, slots.length);
      batches.set(model, await StreamBatch.open(model, own, rows, signal));
    }
    const combiner = texts.some(({ sum }) => sum)
      ? new StreamCombiner(session.vocabulary.size, session.endTokens(options.decoding.stop))
      : undefined;
    const located: StreamLogits[] = [];
    let next = 0;
    const refill = async (place: number) => {
      const planned = texts[next];
      const old = slots[place];
      if (old) release(session, old);
      slots[place] = undefined;
      if (!planned) return;
      slots[place] = {
        index: next,
        planned,
        streams: await addStreams(batches, planned.streams),
        sampler: createSampler(session.native, session.vocabulary, options.decoding, planned.request.seed),
        text: new TextAssembler(options.decoding.stop),
        tokens: 0,
      };
      next++;
    };
    for (let place = 0; place < slots.length; place++) await refill(place);
    while (slots.some((slot) => slot !== undefined)) {
      await yieldToMessages();
      signal.throwIfAborted();
      for (const batch of batches.values()) batch.decode();
      const finished: number[] = [];
      for (const [place, slot] of slots.entries()) {
        if (!slot) continue;
        if (combiner) combineStreams(combiner, slot, located);
        const finish = advance(session, slot, options.decoding.maxTokens);
        if (!finish) continue;
        finished.push(place);
        emit({
          index: slot.index,
          text: slot.text.end(),
          promptTokens: slot.planned.streams[0]!.prompt.tokens.length,
          tokens: slot.tokens,
          finish,
        });
      }
      // A new prompt may need a decode of its own, after which this step's logits are gone.
      for (const place of finished) await refill(place);
    }
  } finally {
    for (const slot of slots) if (slot) session.native.llama_sampler_free(slot.sampler);
    for (const { model } of batches.values()) model.session.hooks.use([]);
  }
}

async function addStreams(
  batches: ReadonlyMap<ExpertModel, StreamBatch>,
  streams: readonly PlannedStream[],
): Promise<StreamRow[]> {
  const rows: StreamRow[] = [];
  for (const stream of streams) rows.push(await batches.get(stream.model)!.add(stream));
  return rows;
}

function release(session: Session, { sampler, streams }: Slot): void {
  session.native.llama_sampler_free(sampler);
  for (const stream of streams) stream.batch.remove(stream);
}

/** Writes the sum of a text's streams over the logits of its first. */
function combineStreams(
  combiner: StreamCombiner,
  { planned, streams, tokens }: Slot,
  located: StreamLogits[],
): void {
  if (!planned.sum) return;
  for (const [i, stream] of streams.entries()) {
    located[i] ??= { values: new Float32Array(0), offset: 0 };
    stream.batch.locate(stream, located[i]);
  }
  combiner.combine(planned.sum, located, tokens);
}

function advance(session: Session, slot: Slot, maxTokens: number): Completion["finish"] | undefined {
  const first = slot.streams[0]!;
  const token = session.native.llama_sampler_sample(slot.sampler, first.batch.context.pointer, first.row);
  if (session.vocabulary.isEndOfGeneration(token)) return "end";
  slot.tokens++;
  let full = false;
  for (const stream of slot.streams) {
    stream.token = token;
    stream.position++;
    full ||= stream.position >= stream.batch.context.capacity;
  }
  if (slot.text.add(session.vocabulary.piece(token))) return "stop";
  return slot.tokens >= maxTokens || full ? "length" : undefined;
}
