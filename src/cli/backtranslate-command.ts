import { type Command, InvalidArgumentError } from "commander";
import {
  type BackTranslation,
  createApertiumTranslator,
  createCommandTranslator,
  createEndpointTranslator,
  createModelTranslator,
  flagsText,
  InterruptedError,
  LlamaEngine,
  makeBackTranslation,
  ONNX_PRECISIONS,
  type OnnxPrecision,
  openOnnxTranslator,
  type Progress,
  type ProgressTask,
  RecipeError,
  readTexts,
  resolveModel,
  type Translator,
} from "../index.js";
import { showDownload } from "./download-progress.js";
import { createOutput } from "./output.js";
import { createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

const HELP = `
Makes the contrast texts of Quality Steering: every text goes through other languages and back, with a little word
noise after each hop. Nothing is translated twice: run the same command again to continue after an interruption.

Translators:
  apertium   the program, with a package for each pair (apt install apertium-eng-spa)
  llm        a GGUF model: --model tinyllama, hf:OWNER/REPO/FILE.gguf, file:PATH
  endpoint   an OpenAI-compatible server: --url, --model, --key-variable
  onnx       NLLB-200 or OPUS-MT with @huggingface/transformers: --model OWNER/NAME, or OWNER/NAME-{from}-{to}
  command    any program that reads a text a line: --command "program {from} {to}"
  none       no translator knows the language: word noise alone, and the class is called corrupted

Example:
  $ tiller backtranslate examples/back-translation/human.en.txt --language en --via es --translator apertium --out pairs
`;

const TRANSLATORS = ["apertium", "llm", "endpoint", "onnx", "command", "none"] as const;
type TranslatorName = (typeof TRANSLATORS)[number];

interface Flags {
  readonly language: string;
  readonly via?: readonly string[];
  readonly translator: TranslatorName;
  readonly out: string;
  readonly model?: string;
  readonly url?: string;
  readonly keyVariable?: string;
  readonly command?: string;
  readonly precision?: OnnxPrecision;
  readonly maxTokens?: number;
  readonly noise?: number;
  readonly seed: number;
  readonly batch: number;
  readonly timeout: number;
  readonly lengthRatio: number;
  readonly keepFlagged?: boolean;
  readonly json?: boolean;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It is not a number.");
  return value;
}

function count(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("It is not a whole number from 1.");
  return value;
}

function seconds(text: string): number {
  const value = number(text);
  if (value <= 0 || value > MOST_SECONDS) {
    throw new InvalidArgumentError(`It is above 0, and at most ${MOST_SECONDS}.`);
  }
  return value;
}

/** A day. Beyond 2³¹ milliseconds a timer of Node.js ends at once. */
const MOST_SECONDS = 86_400;

function seed(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("It is not a whole number.");
  return value;
}

function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const known = names.find((name) => name === text);
    if (known === undefined) throw new InvalidArgumentError(`It is one of ${names.join(", ")}.`);
    return known;
  };
}

function codes(text: string): string[] {
  return text.split(",").map((code) => code.trim());
}

/** `tiller backtranslate` */
export function addBacktranslateCommand(program: Command): void {
  program
    .command("backtranslate <file>")
    .description("translate texts there and back, for the contrast sets of Quality Steering")
    .requiredOption("--language <code>", "language of the texts")
    .requiredOption("--translator <name>", TRANSLATORS.join(", "), oneOf(TRANSLATORS))
    .option("--via <codes>", "languages on the way (default: de,zh,de as in the paper)", codes)
    .option("--out <folder>", "folder to write", "back-translation")
    .option("--model <source>", "model of llm, endpoint or onnx")
    .option("--url <url>", "server of endpoint")
    .option("--key-variable <name>", "environment variable with the server's key")
    .option("--command <line>", "program of command, with {from} and {to}")
    .option("--precision <name>", "of onnx (default: q8)", oneOf(ONNX_PRECISIONS))
    .option("--max-tokens <n>", "longest translation of llm (256), endpoint or onnx (512)", count)
    .option("--noise <p>", "probability for each word and hop (default: 0.01; 0.3 of none)", number)
    .option("--seed <n>", "of the noise", seed, 42)
    .option("--batch <n>", "texts translated at once", count, 32)
    .option("--timeout <seconds>", "for one batch of a program, or one request", seconds, 120)
    .option("--length-ratio <n>", "longer by this is cut and flagged, shorter is flagged", number, 3)
    .option("--keep-flagged", "put flagged pairs into the contrast files too")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(file: string, flags: Flags): Promise<void> {
  const { json, translator: name, ...options } = flags;
  const texts = await readTexts(file, { language: flags.language });
  const progress = createProgress(process.stderr);
  let task: ProgressTask | undefined;
  const report = await withInterrupt(progress, async ({ signal }) => {
    const opened = await openTranslator(name, flags, progress, signal);
    try {
      return await makeBackTranslation(texts, {
        ...options,
        translator: opened?.translator,
        source: file,
        signal,
        onStart: (hops) => {
          if (hops > 0) task = progress.begin("Translating", hops, "hops");
        },
        onHops: (done) => task?.advance(done),
      });
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      throw new InterruptedError(
        "Stopped; finished batches are kept. Run the same command again to continue.",
        { cause: error },
      );
    } finally {
      task?.end();
      await opened?.close();
    }
  });
  createOutput(json === true).result(report, () => reportText(report));
}

interface OpenedTranslator {
  readonly translator: Translator;
  close(): Promise<void>;
}

async function openTranslator(
  name: TranslatorName,
  { model, url, keyVariable, command, precision, maxTokens, timeout, batch }: Flags,
  progress: Progress,
  signal: AbortSignal,
): Promise<OpenedTranslator | undefined> {
  const simple = (translator: Translator) => ({ translator, close: async () => {} });
  switch (name) {
    case "none":
      return undefined;
    case "apertium":
      return simple(createApertiumTranslator({ timeoutSeconds: timeout }));
    case "command":
      return simple(
        createCommandTranslator({
          command: needed(command, name, "command", "program {from} {to}").trim().split(/\s+/),
          timeoutSeconds: timeout,
        }),
      );
    case "endpoint":
      return simple(
        createEndpointTranslator({
          url: needed(url, name, "url", "http://localhost:8080/v1"),
          model: needed(model, name, "model", "NAME"),
          keyVariable,
          maxTokens,
          timeoutSeconds: timeout,
        }),
      );
    case "onnx": {
      const source = needed(model, name, "model", "Xenova/nllb-200-distilled-600M");
      const translator = await openOnnxTranslator({ model: source, precision, maxTokens });
      return { translator, close: async () => translator[Symbol.asyncDispose]() };
    }
    case "llm": {
      const download = showDownload(progress);
      const source = needed(model, name, "model", "hf:OWNER/REPO/FILE.gguf");
      const file = await resolveModel(source, { signal, onProgress: download.listen }).finally(download.end);
      const engine = await LlamaEngine.open({ path: file.path, sha256: file.sha256, context: 1024 });
      const sequences = Math.min(16, batch);
      return {
        translator: createModelTranslator(engine, { sequences, maxTokens }),
        close: () => engine.close(),
      };
    }
  }
}

function needed(value: string | undefined, translator: string, flag: string, example: string): string {
  if (value !== undefined && value.trim() !== "") return value;
  throw new RecipeError(`--translator ${translator} needs --${flag}, such as --${flag} "${example}".`);
}

function reportText(report: BackTranslation): string {
  const { chain, pairs, kept, flagged, cachedHops, files, recipe } = report;
  const flags = flagsText(flagged);
  const way =
    chain.length > 1 ? `${chain.join(" → ")}, by ${report.translator}` : "not translated, word noise alone";
  return [
    `${pairs} texts, ${way}.`,
    `${kept} pairs in the contrast files${flags === "" ? "" : `; flagged: ${flags}`}.`,
    ...(cachedHops > 0 ? [`${cachedHops} hops were there from an earlier run.`] : []),
    files.pairs,
    files.human,
    files.spoilt,
    "",
    "For a recipe:",
    "",
    recipe,
  ].join("\n");
}
