import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installFailure, installTrainer } from "./install-trainer.js";
import { FAKE_FOLDER, factsCommand, shellPython } from "./test-fake-python.js";
import {
  environmentPython,
  findBasePython,
  findTrainerPython,
  INSTALL_COMMAND,
  requireTrainerPython,
  trainerEnvironment,
  trainerRequirements,
} from "./trainer-environment.js";

const WANTED = Object.fromEntries(trainerRequirements().map(({ name, wanted }) => [name, wanted]));
const home = join(FAKE_FOLDER, "home");
beforeEach(() => rmSync(home, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** A Python with this version and these packages. */
function python(
  name: string,
  version: number[],
  packages: Record<string, string | null> = {},
  makes = true,
): string {
  return shellPython(name, factsCommand(version, packages, makes));
}

/** Puts an interpreter where Tiller's own environment has its. */
function asOwn(file: string): void {
  const own = environmentPython(trainerEnvironment(home));
  mkdirSync(dirname(own), { recursive: true });
  symlinkSync(file, own);
}

test("the requirements are exact, and name what is needed", () => {
  expect(Object.keys(WANTED)).toEqual(expect.arrayContaining(["torch", "transformers", "tokenizers"]));
  for (const version of Object.values(WANTED)) expect(version).toMatch(/^\d+(\.\d+)+$/);
});

describe("the interpreter that TILLER_PYTHON names", () => {
  test("is used as it is, and other versions are said", async () => {
    const file = python("given", [3, 12, 4], { ...WANTED, torch: "2.9.0+cpu", sentencepiece: null });
    const found = await findTrainerPython({ python: file, home });
    expect(found).toMatchObject({ ready: true, python: file, version: "3.12.4", problem: undefined });
    expect(found.notes).toEqual([
      `It has torch 2.9.0+cpu in place of ${WANTED.torch}; Tiller's tests are with the latter.`,
      "It lacks sentencepiece, which some models' tokenizers need.",
    ]);
    expect(await requireTrainerPython({ python: file, home })).toBe(file);
  });

  test("a build for the processor is the wanted version", async () => {
    const file = python("cpu", [3, 11, 0], { ...WANTED, torch: `${WANTED.torch}+cpu` });
    expect(await findTrainerPython({ python: file, home })).toMatchObject({ ready: true, notes: [] });
  });

  test("is refused if it is absent, too old, or no Python", async () => {
    const problemOf = async (file: string) => (await findTrainerPython({ python: file, home })).problem;
    expect(await problemOf("/none/python")).toBe(
      "TILLER_PYTHON names /none/python, which cannot be used: there is no such file.",
    );
    expect(await problemOf(python("old", [3, 10, 12], WANTED))).toMatch(
      /old, Python 3\.10\.12; 3\.11 or later is needed/,
    );
    expect(await problemOf(shellPython("other", "echo hello"))).toMatch(/does not answer as Python/);
    expect(await problemOf(shellPython("broken", "echo no libpython >&2; exit 127"))).toMatch(
      /cannot be used: no libpython/,
    );
  });

  test("without packages it makes way for Tiller's own environment", async () => {
    const bare = python("bare", [3, 13, 1], { torch: null, transformers: null });
    expect(await findTrainerPython({ python: bare, home })).toMatchObject({
      ready: false,
      problem: `TILLER_PYTHON names ${bare}, which lacks torch, transformers.`,
      remedy: INSTALL_COMMAND,
    });
    asOwn(python("own", [3, 12, 0], WANTED));
    const found = await findTrainerPython({ python: bare, home });
    expect(found.ready).toBe(true);
    expect(found.notes[0]).toMatch(/Tiller's own environment is used/);
  });
});

describe("Tiller's own environment", () => {
  test("must be whole and of the wanted versions", async () => {
    const problemOf = async (file: string) => {
      rmSync(home, { recursive: true, force: true });
      asOwn(file);
      const { problem, remedy } = await findTrainerPython({ python: "", home });
      expect(remedy).toBe(INSTALL_COMMAND);
      return problem;
    };
    expect(await problemOf(python("less", [3, 12, 0], { ...WANTED, numpy: null }))).toMatch(/lacks numpy\.$/);
    expect(await problemOf(python("other-version", [3, 12, 0], { ...WANTED, torch: "2.1.0" }))).toMatch(
      `has torch 2.1.0 in place of ${WANTED.torch}.`,
    );
    expect(await problemOf(join(FAKE_FOLDER, "removed"))).toMatch(/does not start: there is no such file/);
    await expect(requireTrainerPython({ python: "", home })).rejects.toThrow(
      /needs Python\. Tiller's Python environment .* Install them with: tiller doctor --trainer --install/,
    );
  });

  test("is made and filled by one command, which repairs it too", async () => {
    const base = shellPython(
      "base",
      `case "$1$2" in
  -c*) if [ -f "$0.installed" ]; then ${factsCommand([3, 12, 1], WANTED)}; else ${factsCommand([3, 12, 1], {})}; fi ;;
  -mvenv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  -mpip)
    echo "Collecting torch"
    echo "  Using cached torch"
    case "$*" in *--no-deps*) echo "no such host" >&2; exit 1 ;; esac
    while [ "$1" != --requirement ]; do shift; done
    grep -q torch== "$2" && touch "$0.installed" ;;
esac`,
    );
    asOwn(join(FAKE_FOLDER, "removed"));
    vi.stubEnv("TILLER_TORCH_INDEX", "http://127.0.0.1:9/none");
    const steps: string[] = [];
    const found = await installTrainer({
      python: "",
      candidates: [join(FAKE_FOLDER, "none"), python("older", [3, 9, 0]), base],
      home,
      cuda: false,
      onStep: (step) => steps.push(step),
    });
    expect(found).toMatchObject({ ready: true, version: "3.12.1", problem: undefined });
    expect(found.packages.every(({ wanted, found: version }) => wanted === version)).toBe(true);
    expect(steps).toEqual([
      `Making a virtual environment in ${trainerEnvironment(home)}`,
      "Installing packages",
      "Collecting torch",
      expect.stringMatching(/cannot be had from TILLER_TORCH_INDEX=/),
      "Collecting torch",
    ]);
  });

  test("is not begun without a Python that can", async () => {
    const install = (candidates: string[]) => installTrainer({ python: "", candidates, home, cuda: false });
    await expect(install([])).rejects.toThrow(/no Python on this machine's path\. Install Python 3\.11/);
    await expect(install([python("ancient", [2, 7, 18])])).rejects.toThrow(
      /is Python 2\.7\.18; 3\.11 or later/,
    );
    await expect(install([python("debian", [3, 11, 2], {}, false)])).rejects.toThrow(
      /cannot make virtual environments.*apt install python3\.11-venv/,
    );
    expect(existsSync(trainerEnvironment(home))).toBe(false);
  });
});

test("the first Python that will do is taken", async () => {
  const good = python("good", [3, 14, 0]);
  const candidates = [python("no-venv", [3, 12, 0], {}, false), good];
  expect((await findBasePython(candidates)).facts?.executable).toBe(good);
});

test("what pip says becomes what to do", () => {
  const index =
    "WARNING: Retrying after connection broken by 'NewConnectionError(Name or service not known)': /simple/torch/";
  const none = "ERROR: No matching distribution found for torch==9.9.9";
  expect(installFailure([index, none], 1)).toMatch(/package index cannot be reached/);
  expect(installFailure([none], 1)).toMatch(/There is no torch==9\.9\.9 for this Python/);
  expect(installFailure(["ERROR: [Errno 28] No space left on device"], 1)).toMatch(/The disk is full/);
  expect(installFailure(["The virtual environment was not created: ensurepip is not available"], 1)).toMatch(
    /apt install python3-venv/,
  );
  expect(installFailure(["", "ERROR: something else", ""], 2)).toBe(
    "The Python packages could not be installed (code 2).\nPython said:\n  ERROR: something else",
  );
});
