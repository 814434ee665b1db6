import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../errors.js";

/** Where one platform package keeps llama.cpp's shared libraries. */
export interface Library {
  /** Name of the npm package. */
  readonly name: string;
  readonly packageVersion: string;
  /** llama.cpp's release, such as `v0.5.0`. */
  readonly release: string;
  readonly backend: "cpu" | "metal" | "vulkan" | "cuda";
  readonly directory: string;
  readonly ggmlBase: string;
  readonly ggml: string;
  readonly llama: string;
}

type Backend = Library["backend"];

/** Packages for a platform, the fastest first. Only those that are installed are considered. */
export function packageNames(platform: string, arch: string): { name: string; backend: Backend }[] {
  const os = platform === "darwin" ? "mac" : platform === "win32" ? "win" : platform;
  const base = `@node-llama-cpp/${os}-${arch}`;
  if (os === "mac") {
    return arch === "arm64"
      ? [{ name: `${base}-metal`, backend: "metal" }]
      : [{ name: base, backend: "cpu" }];
  }
  return [
    { name: `${base}-cuda`, backend: "cuda" },
    { name: `${base}-vulkan`, backend: "vulkan" },
    { name: base, backend: "cpu" },
  ];
}

/** Releases of llama.cpp whose struct layouts are the ones in `bindings.ts`. */
export const KNOWN_RELEASES: readonly string[] = ["v0.5.0", "v0.4.0"];

function only(directory: string, pattern: RegExp): string {
  const found = readdirSync(directory).filter((name) => pattern.test(name));
  if (found.length !== 1) {
    throw new EngineError(
      `Expected one file like ${pattern.source} in ${directory}, found ${found.length}. Reinstall with npm ci.`,
    );
  }
  return join(directory, found[0]!);
}

/** Reads what is in a platform package's folder. Throws EngineError if it is not one that this version knows. */
export function inspectLibrary(
  name: string,
  backend: Backend,
  bins: string,
  packageVersion: string,
): Library {
  const folder = name.slice(name.indexOf("/") + 1);
  const directory = join(bins, folder);
  const metadata = JSON.parse(readFileSync(join(directory, "_nlcBuildMetadata.json"), "utf8")) as {
    buildOptions?: { llamaCpp?: { release?: string } };
  };
  const release = metadata.buildOptions?.llamaCpp?.release ?? "unknown";
  if (!KNOWN_RELEASES.includes(release)) {
    throw new EngineError(
      `${name}@${packageVersion} holds llama.cpp ${release}; this version of tillerlm drives ${KNOWN_RELEASES.join(" and ")}. ` +
        "Install the version of the package that tillerlm names in its package.json.",
    );
  }
  return {
    name,
    packageVersion,
    release,
    backend,
    directory,
    ggmlBase: only(directory, /^(lib)?ggml-base\.(so|dylib|dll)$/),
    ggml: only(directory, /^(lib)?ggml(\.\w+)?\.v[\d.]+\.(so|dylib|dll)$/),
    llama: only(directory, /^(lib)?llama(\.\w+)?\.v[\d.]+\.(so|dylib|dll)$/),
  };
}

/**
 * Finds the installed llama.cpp for this machine, a GPU's before the processor's.
 * `TILLER_BACKEND=cpu|metal|vulkan|cuda` picks one. Throws EngineError if none is installed.
 */
export async function findLibrary(
  platform: string = process.platform,
  arch: string = process.arch,
  wanted: string | undefined = process.env.TILLER_BACKEND,
): Promise<Library> {
  const candidates = packageNames(platform, arch).filter((c) => !wanted || c.backend === wanted);
  for (const { name, backend } of candidates) {
    let bins: { getBinsDir(): { binsDir: string; packageVersion: string } };
    try {
      bins = await import(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") continue;
      throw error;
    }
    const { binsDir, packageVersion } = bins.getBinsDir();
    return inspectLibrary(name, backend, binsDir, packageVersion);
  }
  throw new EngineError(
    candidates.length === 0
      ? `There is no llama.cpp package for ${wanted ?? ""} ${platform} ${arch}.`.replace("  ", " ")
      : `llama.cpp is not installed for ${platform} ${arch}: none of ${candidates.map((c) => c.name).join(", ")} was found. ` +
          "Run npm install again without --omit=optional.",
  );
}
