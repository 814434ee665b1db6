import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { EngineError, InterruptedError } from "../../errors.js";
import { offlineVariable } from "../../models/home.js";
import { isFailure, probePython } from "./python-probe.js";
import {
  environmentPython,
  findBasePython,
  findTrainerPython,
  isOld,
  REQUIREMENTS_FILE,
  remedyText,
  type TrainerDiagnosis,
  type TrainerPlaces,
  trainerEnvironment,
  trainerRequirements,
} from "./trainer-environment.js";

/**
 * Names a package index with PyTorch's builds without CUDA. The Python package index has for Linux the one with its
 * CUDA libraries, which is 3 GB to download.
 */
const CPU_INDEX = "TILLER_TORCH_INDEX";
/** Disk space that the installed packages take, with room for the files that are downloaded. */
const NEEDED_BYTES = { cpu: 2.5e9, cuda: 9e9 };

export interface InstallOptions extends TrainerPlaces {
  readonly signal?: AbortSignal | undefined;
  /** Told each step in words. */
  readonly onStep?: ((step: string) => void) | undefined;
  /** Whether to install PyTorch with CUDA. Default: whether `nvidia-smi` is on the path. */
  readonly cuda?: boolean | undefined;
}

/**
 * Makes Tiller's own virtual environment and installs the requirements in it. Done again, it continues or repairs.
 *
 * @throws EngineError without a Python that will do, without network or disk space, and with what pip says of other
 *   failures; InterruptedError
 */
export async function installTrainer(options: InstallOptions = {}): Promise<TrainerDiagnosis> {
  const { signal, onStep, cuda = hasNvidia() } = options;
  const environment = trainerEnvironment(options.home);
  const python = environmentPython(environment);
  const offline = offlineVariable();
  if (offline) throw new EngineError(`${offline} forbids the network; unset it to install Python packages.`);
  await mkdir(dirname(environment), { recursive: true });
  const index = process.env[CPU_INDEX];
  await checkSpace(dirname(environment), cuda || (process.platform === "linux" && !index));

  const present = existsSync(environment) ? await probePython(python, ["pip"]) : undefined;
  // An environment whose making was interrupted has no pip.
  if (present === undefined || isFailure(present) || isOld(present) || present.packages.pip == null) {
    const base = await basePython(options);
    await rm(environment, { recursive: true, force: true });
    onStep?.(`Making a virtual environment in ${environment}`);
    await run(base, ["-m", "venv", environment], { signal, onStep: undefined });
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  onStep?.("Installing packages");
  if (index && !cuda) {
    const torch = trainerRequirements().find(({ name }) => name === "torch")!;
    const only = ["--no-deps", "--retries", "1", "--index-url", index, `torch==${torch.wanted}`];
    try {
      await run(python, [...pip, ...only], { signal, onStep });
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      onStep?.(`PyTorch cannot be had from ${CPU_INDEX}=${index}; the package index's build is taken`);
      await checkSpace(dirname(environment), process.platform === "linux");
    }
  }
  await run(python, [...pip, "--requirement", REQUIREMENTS_FILE], { signal, onStep });
  return findTrainerPython(options);
}

async function basePython({
  python = process.env.TILLER_PYTHON,
  candidates,
}: TrainerPlaces): Promise<string> {
  const { facts, problem, remedy } = await findBasePython(python ? [python] : candidates);
  if (facts && problem === undefined) return facts.executable;
  const named = python ? `TILLER_PYTHON names ${python}. ` : "";
  throw new EngineError(`${named}${problem} ${remedyText(remedy!)}`);
}

function hasNvidia(): boolean {
  const program = process.platform === "win32" ? "nvidia-smi.exe" : "nvidia-smi";
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

async function checkSpace(folder: string, cuda: boolean): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const needed = cuda ? NEEDED_BYTES.cuda : NEEDED_BYTES.cpu;
  if (bavail * bsize >= needed) return;
  const text = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new EngineError(
    `The Python packages need about ${text(needed)}, and the disk of ${folder} has ${text(bavail * bsize)} free. Free some space, or set TILLER_HOME to a folder on a larger disk.`,
  );
}

/** Runs a program of the installation; pip's lines that begin a step are told. */
async function run(
  program: string,
  args: readonly string[],
  { signal, onStep }: Pick<InstallOptions, "signal" | "onStep">,
): Promise<void> {
  if (signal?.aborted) throw new InterruptedError("Stopped before it began.");
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (/^\s*(Collecting|Downloading|Installing)\b/.test(line))
        onStep?.(line.trim().replace(/ \(from .*\)$/, ""));
    });
  }
  const how = await new Promise<string | number>((resolve) => {
    child.once("close", (code, exitSignal) => resolve(exitSignal ?? code ?? "an unknown cause"));
    child.once("error", (error) => resolve(error.message));
  });
  signal?.removeEventListener("abort", stop);
  if (signal?.aborted) {
    throw new InterruptedError("Stopped. The same command continues the installation.");
  }
  if (how !== 0) throw new EngineError(installFailure(lines, how), { log: lines });
}

/** What stands behind a failed installation, from what `venv` and `pip` said. */
export function installFailure(lines: readonly string[], how: string | number): string {
  const said = lines.join("\n");
  if (/No space left on device|Disk quota exceeded|Errno 28/i.test(said)) {
    return "The disk is full: the Python packages could not be installed. Free some space, or set TILLER_HOME to a folder on a larger disk, and run again.";
  }
  // What cannot be reached also counts as not found, so that this is asked first.
  const isUnreachable =
    /Name or service not known|name resolution|NewConnectionError|ConnectTimeout|Network is unreachable|ProxyError|getaddrinfo|Connection refused/i;
  if (isUnreachable.test(said)) {
    return "The Python package index cannot be reached. Connect to the network, or set PIP_INDEX_URL to a mirror, and run again.";
  }
  const missing = /No matching distribution found for (\S+)/.exec(said)?.[1];
  if (missing) {
    return `There is no ${missing} for this Python and this kind of machine (${process.platform} ${process.arch}). Set TILLER_PYTHON to another Python version, such as 3.12, and run again.`;
  }
  if (/ensurepip|python3\S*-venv/.test(said)) {
    return "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv.";
  }
  const tail = lines.filter((line) => line.trim() !== "").slice(-4);
  return `The Python packages could not be installed (${typeof how === "number" ? `code ${how}` : how}).${tail.length === 0 ? "" : `\nPython said:\n  ${tail.join("\n  ")}`}`;
}
