import { type Command, InvalidArgumentError } from "commander";
import { type DataOptions, inspectData, inspectionText, parseDataSource, RecipeError } from "../index.js";
import { showDownload } from "./download-progress.js";
import { createOutput } from "./output.js";
import { createProgress } from "./progress-line.js";
import { withInterrupt } from "./with-interrupt.js";

const HELP = `
A source is a .jsonl, .csv, .tsv, .parquet or .txt file, a folder with LABEL/NAME.txt or NAME.txt, or a data set of the
Hugging Face Hub: hf:datasets/OWNER/NAME[@REVISION][/PATH]. What is shown is what a recipe would read with the same
options; it takes them as a map: {source: reviews.csv, text: review, labels: {"0": negative, "1": positive}}.

Example:
  $ tiller data reviews.csv --text-column review --label-column stars --labels 1=negative 5=positive 3=
  $ tiller data hf:datasets/stanfordnlp/imdb --split test
`;

interface Flags {
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly languageColumn?: string;
  readonly languageCode?: string;
  readonly labels?: readonly string[];
  readonly split?: string;
  readonly config?: string;
  readonly delimiter?: string;
  readonly quotes: boolean;
  readonly deduplicate?: boolean;
  readonly balance?: boolean;
  readonly sample?: number;
  readonly seed?: number;
  readonly rows: number;
  readonly json?: boolean;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It is not a whole number.");
  return Number(text);
}

/** `tiller data` */
export function addDataCommand(program: Command): void {
  program
    .command("data <source>")
    .description("show what a file, a folder or a data set of texts holds")
    .option("--text-column <name>", "column with the texts (default: text)")
    .option("--label-column <name>", "column with the labels (default: label)")
    .option("--language-column <name>", "column with the languages' codes (default: language)")
    .option("--language-code <code>", "ISO 639 code: the language of every row")
    .option("--labels <value=label...>", "what labels stand for; VALUE= leaves its rows out")
    .option("--split <name>", "split of a hf: data set")
    .option("--config <name>", "configuration of a hf: data set")
    .option("--delimiter <character>", "between fields; tab is a tab (default: a comma, in .tsv a tab)")
    .option("--no-quotes", "double quotes are part of the texts")
    .option("--deduplicate", "leave out copies")
    .option("--balance", "as many rows of each label")
    .option("--sample <n>", "draw so many rows of each label and language", whole)
    .option("--seed <n>", "for the draw (default: 42)", whole)
    .option("--rows <n>", "rows to show", whole, 3)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(source: string, flags: Flags): Promise<void> {
  const progress = createProgress(process.stderr);
  const download = showDownload(progress);
  const data = parseDataSource({ source, ...optionsOf(flags) });
  const inspection = await withInterrupt(progress, ({ signal }) =>
    inspectData(data, { signal, onProgress: download.listen, first: flags.rows }).finally(download.end),
  );
  createOutput(flags.json === true).result(inspection, () => inspectionText(inspection));
  if (inspection.problem !== undefined) process.exitCode = new RecipeError("").exitCode;
}

/** The flags as a recipe's keys. */
function optionsOf(flags: Flags): DataOptions {
  const { textColumn, labelColumn, languageColumn, labels, delimiter, quotes } = flags;
  const { languageCode, split, config, deduplicate, balance, sample, seed } = flags;
  return {
    ...{ languageCode, split, config, deduplicate, balance, sample, seed },
    text: textColumn,
    label: labelColumn,
    language: languageColumn,
    labels: labels && Object.fromEntries(labels.map(labelPair)),
    delimiter: delimiter === "tab" || delimiter === "\\t" ? "\t" : delimiter,
    quotes: quotes ? undefined : false,
  };
}

function labelPair(text: string): [string, string | null] {
  const at = text.indexOf("=");
  if (at < 0)
    throw new RecipeError(`--labels: found "${text}"; allowed: VALUE=LABEL, or VALUE= to leave rows out.`);
  const label = text.slice(at + 1).trim();
  return [text.slice(0, at).trim(), label === "" ? null : label];
}
