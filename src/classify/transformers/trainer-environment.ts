import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../errors.js";
import { modelHome } from "../../models/home.js";
import { isFailure, type PythonFacts, type PythonFailure, probePython } from "./python-probe.js";

/** The versions that `runner.py` is tested with; it lies beside this module, built or not. */
export const REQUIREMENTS_FILE = fileURLToPath(new URL("./requirements.txt", import.meta.url));

/** What the packages of the requirements need. */
export const OLDEST_PYTHON = [3, 11] as const;

/** The one command that makes Tiller's own environment. */
export const INSTALL_COMMAND = "tiller doctor --trainer --install";

export interface TrainerPackage {
  readonly name: string;
  readonly wanted: string;
  readonly found: string | undefined;
}

/** Whether `transformersTrainer` can work here, and if not, what to do. */
export interface TrainerDiagnosis {
  readonly ready: boolean;
  /** Interpreter that fine-tunes; where it is not ready, the one that was looked at. */
  readonly python: string | undefined;
  /** Such as `3.12.4`. */
  readonly version: string | undefined;
  /** Folder of Tiller's own virtual environment. */
  readonly environment: string;
  readonly packages: readonly TrainerPackage[];
  /** What is missing; undefined when it is ready. */
  readonly problem: string | undefined;
  /** A command, or what else to do. */
  readonly remedy: string | undefined;
  readonly notes: readonly string[];
}

export interface TrainerPlaces {
  /** Interpreter to use; empty for none. Default: `TILLER_PYTHON`. */
  readonly python?: string | undefined;
  /** Default: `modelHome()`. */
  readonly home?: string | undefined;
  /** Interpreters to make an environment with, the first that will do. Default: those on the path. */
  readonly candidates?: readonly string[] | undefined;
}

/** Folder of Tiller's own virtual environment. It need not exist. */
export function trainerEnvironment(home = modelHome()): string {
  return join(home, "trainer-python");
}

/** The interpreter inside a virtual environment. */
export function environmentPython(environment: string): string {
  return process.platform === "win32"
    ? join(environment, "Scripts", "python.exe")
    : join(environment, "bin", "python");
}

type Requirements = readonly { readonly name: string; readonly wanted: string }[];

/** Names and versions of the requirements. */
export function trainerRequirements(): Requirements {
  return readFileSync(REQUIREMENTS_FILE, "utf8")
    .split(/\r?\n/)
    .map((line) => /^([\w-]+)==(\S+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, wanted]) => ({ name: name!, wanted: wanted! }));
}

/**
 * Looks for an interpreter that can fine-tune: the one that `TILLER_PYTHON` names, if it has the packages, in whatever
 * version; and else Tiller's own environment, which must have the versions of the requirements.
 */
export async function findTrainerPython(places: TrainerPlaces = {}): Promise<TrainerDiagnosis> {
  const { python = process.env.TILLER_PYTHON, home = modelHome() } = places;
  const environment = trainerEnvironment(home);
  const own = environmentPython(environment);
  const requirements = trainerRequirements();
  const names = requirements.map(({ name }) => name);
  const state = (facts: PythonFacts | undefined, more: Partial<TrainerDiagnosis>): TrainerDiagnosis => ({
    ready: false,
    python: facts?.executable,
    version: facts?.version.join("."),
    environment,
    packages: requirements.map(({ name, wanted }) => ({
      name,
      wanted,
      found: facts?.packages[name] ?? undefined,
    })),
    problem: undefined,
    remedy: undefined,
    notes: [],
    ...more,
  });

  let given: TrainerDiagnosis | undefined;
  if (python) {
    const facts = await probePython(python, names);
    if (isFailure(facts)) {
      return state(undefined, {
        python,
        problem: `TILLER_PYTHON names ${python}, which cannot be used: ${failureText(facts)}.`,
        remedy: "Set TILLER_PYTHON to a Python interpreter, or unset it.",
      });
    }
    if (isOld(facts)) {
      return state(facts, {
        problem: `TILLER_PYTHON names ${python}, Python ${facts.version.join(".")}; ${oldest()} or later is needed.`,
        remedy: "Set TILLER_PYTHON to a newer one, or unset it.",
      });
    }
    const missing = lacking(facts);
    if (missing.length === 0) return state(facts, { ready: true, notes: notesOn(facts, requirements) });
    given = state(facts, {
      problem: `TILLER_PYTHON names ${python}, which lacks ${missing.join(", ")}.`,
      remedy: facts.canMakeEnvironments ? INSTALL_COMMAND : environmentRemedy(facts),
    });
  }

  if (existsSync(environment)) {
    const facts = await probePython(own, names);
    const broken = isFailure(facts)
      ? `does not start: ${failureText(facts)}`
      : environmentFault(facts, requirements);
    const notes = given ? [`${given.problem} Tiller's own environment is used.`] : [];
    if (!isFailure(facts) && broken === undefined) return state(facts, { ready: true, notes });
    return state(isFailure(facts) ? undefined : facts, {
      problem: `Tiller's Python environment ${environment} ${broken}.`,
      remedy: INSTALL_COMMAND,
    });
  }
  if (given) return given;

  const base = await findBasePython(places.candidates);
  return state(base.facts, {
    problem: base.problem ?? "The Python packages that fine-tune Transformer encoders are not installed.",
    remedy: base.remedy ?? INSTALL_COMMAND,
  });
}

/**
 * The interpreter of {@link findTrainerPython}.
 * @throws EngineError that says what is missing and how to get it.
 */
export async function requireTrainerPython(places: TrainerPlaces = {}): Promise<string> {
  const { ready, python, problem, remedy } = await findTrainerPython(places);
  if (ready) return python!;
  throw new EngineError(`Fine-tuning a Transformer encoder needs Python. ${problem} ${remedyText(remedy!)}`);
}

/** A remedy as a sentence: commands are told from advice by their first word. */
export function remedyText(remedy: string): string {
  return remedy.startsWith("tiller ") ? `Install them with: ${remedy}` : remedy;
}

/** The first interpreter that can make an environment, or why there is none. */
export async function findBasePython(candidates: readonly string[] = pathCandidates()): Promise<{
  readonly facts?: PythonFacts | undefined;
  readonly problem?: string;
  readonly remedy?: string;
}> {
  let old: PythonFacts | undefined;
  let bare: PythonFacts | undefined;
  for (const candidate of candidates) {
    const facts = await probePython(candidate, []);
    if (isFailure(facts)) continue;
    if (isOld(facts)) old ??= facts;
    else if (!facts.canMakeEnvironments) bare ??= facts;
    else return { facts };
  }
  if (bare) {
    return {
      facts: bare,
      problem: `${bare.executable} (Python ${bare.version.join(".")}) cannot make virtual environments: its module venv or ensurepip is missing.`,
      remedy: environmentRemedy(bare),
    };
  }
  const remedy = `Install Python ${oldest()} or later (python.org), or set TILLER_PYTHON to one.`;
  if (old) {
    return {
      facts: old,
      problem: `${old.executable} is Python ${old.version.join(".")}; ${oldest()} or later is needed.`,
      remedy,
    };
  }
  return { problem: "There is no Python on this machine's path.", remedy };
}

function pathCandidates(): string[] {
  const versions = ["3.14", "3.13", "3.12", "3.11"].map((version) => `python${version}`);
  return process.platform === "win32" ? ["python", "py", "python3"] : ["python3", ...versions, "python"];
}

function environmentRemedy({ version }: PythonFacts): string {
  return `On Debian and Ubuntu: apt install python${version[0]}.${version[1]}-venv. Elsewhere, set TILLER_PYTHON to a complete Python.`;
}

export function isOld({ version: [major, minor] }: PythonFacts): boolean {
  return major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1]);
}

function oldest(): string {
  return OLDEST_PYTHON.join(".");
}

/** What Tiller's own environment has that is not as the requirements say. */
function environmentFault(facts: PythonFacts, requirements: Requirements): string | undefined {
  if (isOld(facts)) return `has Python ${facts.version.join(".")}; ${oldest()} or later is needed`;
  const missing = requirements.filter(({ name }) => facts.packages[name] == null).map(({ name }) => name);
  if (missing.length > 0) return `lacks ${missing.join(", ")}`;
  const other = otherVersions(facts, requirements);
  return other.length > 0 ? `has ${other.join(", ")}` : undefined;
}

/** Without these two nothing works; the others come with them, or are for some tokenizers only. */
const ESSENTIAL = ["torch", "transformers"];

function lacking({ packages }: PythonFacts): string[] {
  return ESSENTIAL.filter((name) => packages[name] == null);
}

function otherVersions({ packages }: PythonFacts, requirements: Requirements): string[] {
  return requirements.flatMap(({ name, wanted }) => {
    const found = packages[name];
    // What follows a plus names the build, such as +cpu.
    return found == null || found.split("+")[0] === wanted ? [] : [`${name} ${found} in place of ${wanted}`];
  });
}

/** What may matter in an interpreter of the user's own, which is used as it is. */
function notesOn(facts: PythonFacts, requirements: Requirements): string[] {
  const other = otherVersions(facts, requirements);
  const missing = requirements.filter(({ name }) => facts.packages[name] == null).map(({ name }) => name);
  return [
    ...(other.length > 0 ? [`It has ${other.join(", ")}; Tiller's tests are with the latter.`] : []),
    ...(missing.length > 0 ? [`It lacks ${missing.join(", ")}, which some models' tokenizers need.`] : []),
  ];
}

function failureText({ code, message }: PythonFailure): string {
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "it may not be run";
  return message;
}
