import type { Progress } from "../index.js";
import { type Interrupt, listenForInterrupt } from "./interrupt.js";

/** Runs work that Ctrl-C may stop. */
export async function withInterrupt<T>(
  progress: Progress,
  work: (interrupt: Interrupt) => Promise<T>,
): Promise<T> {
  const interrupt = listenForInterrupt(progress.note);
  try {
    return await work(interrupt);
  } finally {
    interrupt.release();
  }
}
