import { copyFile, mkdtemp, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EngineError } from "../../errors.js";
import { writeTinyModel } from "../../gguf/tiny-model.js";
import { checkAbi, differences } from "./abi.js";
import { loadNative } from "./bindings.js";
import { findLibrary, inspectLibrary, packageNames } from "./library.js";
import { LlamaEngine } from "./llama-engine.js";

const sha256 = "0".repeat(64);

test("a damaged model is refused with llama.cpp's reason", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-open-"));
  const path = join(folder, "tiny.gguf");
  await writeTinyModel(path);
  const short = join(folder, "short.gguf");
  await copyFile(path, short);
  await truncate(short, 200_000);
  await expect(LlamaEngine.open({ path: short, sha256 })).rejects.toThrow(
    /could not load .*short\.gguf[\s\S]*llama\.cpp said/,
  );
  const page = join(folder, "page.gguf");
  await writeFile(page, "<html>404</html>");
  await expect(LlamaEngine.open({ path: page, sha256 })).rejects.toThrow(EngineError);
});

test("facts of the model and of the machine are reported", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-open-"));
  const path = join(folder, "tiny.gguf");
  await writeTinyModel(path, { layers: 3, width: 32 });
  await using engine = await LlamaEngine.open({ path, sha256, threads: 1 });
  expect(engine.model).toMatchObject({ architecture: "llama", layers: 3, width: 32, file: path, sha256 });
  expect(engine.capabilities).toEqual({ capture: true, steering: true, logProbabilities: true });
  expect(engine.info.threads).toBe(1);
  expect(engine.info.devices.join()).toMatch(/CPU/);
});

test("the fastest installed package is preferred, and a missing one named", async () => {
  expect(packageNames("linux", "x64").map((p) => p.backend)).toEqual(["cuda", "vulkan", "cpu"]);
  expect(packageNames("darwin", "arm64")).toEqual([
    { name: "@node-llama-cpp/mac-arm64-metal", backend: "metal" },
  ]);
  await expect(findLibrary("sunos", "sparc", undefined)).rejects.toThrow(/not installed for sunos sparc/);
  await expect(findLibrary("linux", "x64", "metal")).rejects.toThrow(
    /no llama.cpp package for metal linux x64/,
  );
});

test("a package with another release of llama.cpp is refused", async () => {
  const bins = await mkdtemp(join(tmpdir(), "tiller-bins-"));
  const folder = join(bins, "linux-x64");
  await import("node:fs/promises").then((fs) => fs.mkdir(folder));
  await writeFile(
    join(folder, "_nlcBuildMetadata.json"),
    JSON.stringify({ buildOptions: { llamaCpp: { release: "v9.9.9" } } }),
  );
  expect(() => inspectLibrary("@node-llama-cpp/linux-x64", "cpu", bins, "9.0.0")).toThrow(
    /holds llama\.cpp v9\.9\.9/,
  );
});

test("libraries of another release than the package names are refused", async () => {
  const library = await findLibrary();
  const native = loadNative(library);
  expect(() => checkAbi(native, library)).not.toThrow();
  const other = library.release === "v0.5.0" ? "v0.4.0" : "v0.5.0";
  expect(() => checkAbi(native, { ...library, release: other })).toThrow(/llama_version: .*ggml_version: /);
});

test("a field with another value is named", () => {
  expect(differences({ a: 1, b: true }, { a: 1, b: true })).toEqual([]);
  expect(differences({ a: 2, b: true }, { a: 1, b: false })).toEqual([
    "a: 2, expected 1",
    "b: true, expected false",
  ]);
});
