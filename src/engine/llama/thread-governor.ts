import { cpus } from "node:os";

/** Processor time in milliseconds: all processors' busy time, and this process's share of it. */
export interface LoadReading {
  readonly time: number;
  readonly busy: number;
  readonly own: number;
  readonly processors: number;
}

/** Reads the operating system's counters. */
export function readLoad(): LoadReading {
  const processors = cpus();
  const busy = processors.reduce((sum, { times: t }) => sum + t.user + t.nice + t.sys + t.irq, 0);
  const usage = process.cpuUsage();
  return {
    time: performance.now(),
    busy,
    own: (usage.user + usage.system) / 1000,
    processors: processors.length,
  };
}

/** A processor that is this much free counts as free. */
const FREE = 0.65;

/**
 * Threads for the next decodes, from what other processes used between two readings.
 *
 * llama.cpp's threads meet at a barrier some 700 times a decode and spin there. When another process takes one
 * of their processors, every barrier waits for the scheduler and the speed falls a hundredfold. Fewer threads
 * than processors in use elsewhere cure it, and the numbers do not depend on how many threads computed them.
 */
export function chooseThreads(before: LoadReading, after: LoadReading, most: number): number {
  const elapsed = after.time - before.time;
  if (elapsed <= 0) return most;
  const others = Math.max(0, after.busy - before.busy - (after.own - before.own)) / elapsed;
  return Math.max(1, Math.min(most, Math.floor(after.processors - others + 1 - FREE)));
}

/** Looks at the machine's load every `interval` milliseconds and says how many threads to use. */
export class ThreadGovernor {
  threads: number;
  readonly #most: number;
  readonly #interval: number;
  readonly #read: () => LoadReading;
  #last: LoadReading;

  constructor(most: number, interval = 300, read: () => LoadReading = readLoad) {
    this.#most = most;
    this.#interval = interval;
    this.#read = read;
    this.threads = most;
    this.#last = read();
  }

  /** The number of threads for the next decode. */
  next(): number {
    if (this.#most > 1 && performance.now() - this.#last.time >= this.#interval) {
      const now = this.#read();
      this.threads = chooseThreads(this.#last, now, this.#most);
      this.#last = now;
    }
    return this.threads;
  }
}
