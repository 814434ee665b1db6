import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { errorCode } from "./failure.js";

/**
 * One run of one process. The number alone is not enough: it is given to another process sooner or later,
 * and in a restarted container at once.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Clock ticks from boot to the process's start; null where the system does not tell. */
  readonly startTicks: string | null;
  /** Changes with each start of the machine; null where the system does not tell. */
  readonly boot: string | null;
}

export async function currentProcess(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    host: hostname(),
    startTicks: (await readStat(process.pid))?.startTicks ?? null,
    boot: await readBoot(),
  };
}

/**
 * Whether a process still runs: `unknown` for one of another machine. A process that was killed and not yet
 * collected by its parent counts as ended.
 */
export async function isRunning(identity: ProcessIdentity): Promise<boolean | "unknown"> {
  if (identity.host !== hostname()) return "unknown";
  const boot = await readBoot();
  if (boot !== null && identity.boot !== null && boot !== identity.boot) return false;
  const stat = await readStat(identity.pid);
  if (stat !== undefined) {
    if (stat.state === "Z" || stat.state === "X") return false;
    return identity.startTicks === null || identity.startTicks === stat.startTicks;
  }
  return mayRun(identity.pid);
}

/** Whether some process of this machine has this number now. */
export function mayRun(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Denied: it runs, as another user.
    return errorCode(error) === "EPERM";
  }
}

/** State and start of a process from `/proc/PID/stat`; undefined without such a process or such a folder. */
async function readStat(pid: number): Promise<{ state: string; startTicks: string } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets, and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    const startTicks = fields[19];
    return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
  } catch {
    return undefined;
  }
}

async function readBoot(): Promise<string | null> {
  try {
    return (await readFile("/proc/sys/kernel/random/boot_id", "latin1")).trim();
  } catch {
    return null;
  }
}
