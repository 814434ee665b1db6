import { execFile } from "node:child_process";

/** What an interpreter says of itself. */
export interface PythonFacts {
  readonly executable: string;
  /** `[major, minor, patch]` */
  readonly version: readonly [number, number, number];
  /** Whether it can make virtual environments; Debian keeps a part of that in a package of its own. */
  readonly canMakeEnvironments: boolean;
  /** Installed versions; null for a package that is not there. */
  readonly packages: Readonly<Record<string, string | null>>;
}

/** A Python that is no interpreter, or does not start. */
export interface PythonFailure {
  /** Such as `ENOENT` where there is no such program. */
  readonly code: string;
  readonly message: string;
}

/** Runs on any Python from 2.7 on, so that an old one can be named. */
const PROBE = `
import json, sys
names = sys.argv[1:]
found = {}
makes = False
try:
    from importlib import metadata
    from importlib.util import find_spec
    makes = find_spec("venv") is not None and find_spec("ensurepip") is not None
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
except ImportError:
    pass
print(json.dumps([sys.executable, list(sys.version_info[:3]), makes, found]))
`;

/** A cold disk, or an antivirus program, may take its time. */
const LIMIT_MS = 60_000;

/** Asks an interpreter for its version and for packages. It never rejects. */
export function probePython(
  python: string,
  packages: readonly string[],
  limit = LIMIT_MS,
): Promise<PythonFacts | PythonFailure> {
  return new Promise((resolve) => {
    const args = ["-c", PROBE, ...packages];
    execFile(python, args, { timeout: limit, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error?.killed) {
        return resolve({ code: "TIMEOUT", message: `it does not answer within ${limit / 1000} s` });
      }
      if (error) {
        const said = stderr.trim().split("\n").at(-1);
        const code = typeof error.code === "string" ? error.code : "EXIT";
        return resolve({ code, message: code === "EXIT" ? said || `it ends with code ${error.code}` : code });
      }
      try {
        const [executable, version, canMakeEnvironments, found] = JSON.parse(stdout);
        if (!Array.isArray(version)) throw new SyntaxError("no version");
        resolve({
          executable,
          version: version as [number, number, number],
          canMakeEnvironments,
          packages: Object.fromEntries(packages.map((name) => [name, found[name] ?? null])),
        });
      } catch {
        resolve({ code: "NO_PYTHON", message: "it does not answer as Python does" });
      }
    });
  });
}

export function isFailure(probed: PythonFacts | PythonFailure): probed is PythonFailure {
  return "code" in probed;
}
