import { fork } from "node:child_process";
import { once } from "node:events";

/** Seconds of processor time that work takes, which other work on the machine does not lengthen. */
export function processorSeconds(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

const FLAG = "--peak-memory";

/** Most memory, in bytes, of a process of its own in which `file` does its work for so many texts; see `tellPeakMemory`. */
export async function peakMemory(file: string, count: number): Promise<number> {
  const child = fork(file, [FLAG, String(count)]);
  const [peak] = (await once(child, "message")) as [number];
  await once(child, "exit");
  return peak;
}

/** In a process that `peakMemory` began: does the work, and tells the memory. Elsewhere it does nothing. */
export function tellPeakMemory(work: (count: number) => unknown): void {
  if (process.argv[2] !== FLAG) return;
  work(Number(process.argv[3]));
  // In kibibytes on every system that Node runs on.
  process.send?.(process.resourceUsage().maxRSS * 1024);
  process.disconnect?.();
}
