import type { Command } from "commander";
import { aliases, listModels, modelHome, RecipeError, removeModel, resolveModel } from "../index.js";
import { showDownload } from "./download-progress.js";
import { byteText, createOutput } from "./output.js";
import { createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

interface Options {
  readonly json?: boolean;
}

const SOURCES = `
A source is an alias (${[...aliases.keys()].join(", ")}), file:PATH, hf:OWNER/REPO/FILE.gguf or npm:PACKAGE@VERSION/PATH.

Example:
  $ tiller models get tinyllama
  $ tiller models get hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q4_k_m.gguf
`;

/** `tiller models get|list|remove` */
export function addModelsCommand(program: Command): void {
  const models = program
    .command("models")
    .description("get, list or remove model files")
    .addHelpText("after", SOURCES);
  models
    .command("get <source>")
    .description("fetch a model into the cache and check it")
    .option("--sha256 <hex>", "refuse a file with another sha256")
    .option("--json", "print JSON")
    .action(async (source: string, { sha256, json }: Options & { sha256?: string }) => {
      const progress = createProgress(process.stderr);
      const download = showDownload(progress);
      const model = await withInterrupt(progress, ({ signal }) =>
        resolveModel(source, { sha256, signal, onProgress: download.listen }).finally(download.end),
      );
      createOutput(json === true).result(
        model,
        () => `${model.path}\n${byteText(model.bytes)}, sha256 ${model.sha256}`,
      );
    });
  models
    .command("list")
    .description("list the cached models and the aliases")
    .option("--json", "print JSON")
    .action(async ({ json }: Options) => {
      const cached = await listModels();
      const known = [...aliases].map(([name, alias]) => ({ name, ...alias }));
      createOutput(json === true).result({ home: modelHome(), models: cached, aliases: known }, () => {
        const lines = cached.map(
          (model) => `${model.aliases[0] ?? model.source}  ${byteText(model.bytes)}\n  ${model.path}`,
        );
        const rest = known
          .filter(({ name }) => !cached.some((model) => model.aliases.includes(name)))
          .map(({ name, bytes, description }) => `${name}  ${byteText(bytes)}, not fetched: ${description}`);
        return [`Models in ${modelHome()}:`, ...(lines.length > 0 ? lines : ["(none)"]), ...rest].join("\n");
      });
    });
  models
    .command("remove <source>")
    .description("delete a model from the cache")
    .option("--json", "print JSON")
    .action(async (source: string, { json }: Options) => {
      if (!(await removeModel(source))) throw new RecipeError(`${source} is not in ${modelHome()}.`);
      createOutput(json === true).result({ removed: source }, () => `Removed ${source}.`);
    });
}
