import type { z } from "zod";
import { EngineError, InterruptedError } from "../errors.js";
import type { AnswerCache } from "../store/answer-cache.js";
import { JudgeFailure } from "./chooser.js";
import type { Absence, AbsenceKind, JudgeRun } from "./judge.js";

/** After so many failures of a kind without an answer between them, the judge is not asked again. */
const PATIENCE: Readonly<Record<AbsenceKind, number>> = {
  down: 3,
  nonsense: 20,
  refused: Number.POSITIVE_INFINITY,
  failed: Number.POSITIVE_INFINITY,
};

interface JudgeWork<Result> extends JudgeRun<Result | Absence> {
  /** For messages. */
  readonly judge: string;
  /** Key of each item in the cache; items of one key are asked about once. */
  readonly keys: readonly string[];
  /** A result that needs no judge. */
  readonly known: (index: number) => Result | undefined;
  readonly ask: (index: number, signal: AbortSignal) => Promise<Result>;
  readonly schema: z.ZodType<unknown>;
  readonly cache: AnswerCache | undefined;
  readonly concurrency: number;
}

/** Judges all items; `Judge.rate` says how it ends. */
export async function judgeAll<Result extends object>(
  work: JudgeWork<Result>,
): Promise<(Result | Absence)[]> {
  const { keys, cache, signal } = work;
  const results = new Array<Result | Absence | undefined>(keys.length);
  const settle = (indices: readonly number[], result: Result | Absence) => {
    for (const index of indices) {
      results[index] = result;
      work.onItem?.(index, result);
    }
  };

  const open = new Map<string, number[]>();
  let judged = 0;
  for (const [index, key] of keys.entries()) {
    const known = work.known(index);
    const cached = known ?? (cache?.get(key, work.schema) as Result | undefined);
    if (cached !== undefined) settle([index], cached);
    else if (open.get(key)?.push(index) === undefined) open.set(key, [index]);
    if (known === undefined && cached !== undefined) judged += 1;
  }
  throwIfInterrupted(signal);

  const queue = [...open];
  const stopper = new AbortController();
  const stop = () => stopper.abort();
  signal?.addEventListener("abort", stop, { once: true });
  const failures = new Map<AbsenceKind, number>();
  let next = 0;
  let final: Absence | undefined;
  let last: JudgeFailure | undefined;
  let unexpected: { error: unknown } | undefined;

  const fail = (indices: readonly number[], failure: JudgeFailure) => {
    const { kind, message } = failure;
    last = failure;
    settle(indices, { absent: kind, reason: message });
    const count = (failures.get(kind) ?? 0) + 1;
    failures.set(kind, count);
    if (!failure.final && count < PATIENCE[kind]) return;
    const after = failure.final ? "" : ` The judge was given up after ${count} failures in a row.`;
    final ??= { absent: kind, reason: `${message}${after}` };
    stop();
  };
  const judgeNext = async (): Promise<void> => {
    const [key, indices] = queue[next++]!;
    try {
      const result = await work.ask(indices[0]!, stopper.signal);
      failures.clear();
      await cache?.add(key, result);
      judged += 1;
      settle(indices, result);
    } catch (error) {
      // An aborted question is no failure: its items are settled at the end.
      if (stopper.signal.aborted) return;
      if (!(error instanceof JudgeFailure)) throw error;
      fail(indices, error);
    }
  };
  const workThrough = async (): Promise<void> => {
    try {
      while (!stopper.signal.aborted && next < queue.length) await judgeNext();
    } catch (error) {
      // The other workers end before this is thrown: nothing goes on behind the caller's back.
      unexpected ??= { error };
      stop();
    }
  };
  try {
    const workers = Math.min(work.concurrency, queue.length);
    await Promise.all(Array.from({ length: workers }, workThrough));
  } finally {
    signal?.removeEventListener("abort", stop);
    await cache?.flush();
  }
  if (unexpected) throw unexpected.error;
  throwIfInterrupted(signal);

  if (final) for (const index of keys.keys()) if (results[index] === undefined) settle([index], final);
  if (queue.length > 0 && judged === 0) {
    throw new EngineError(
      `The judge (${work.judge}) rated none of ${keys.length} texts. ${final?.reason ?? last?.message}`,
      { cause: last },
    );
  }
  return results as (Result | Absence)[];
}

function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new InterruptedError(
      "Judging was interrupted. What was rated is in the cache: run again to go on.",
    );
  }
}
