import { z } from "zod";
import { isHubSource } from "../data/endings.js";
import { label, language, path } from "./text-schema.js";

/** The recipe's keys that name texts: a file, a folder or a data set, alone or with how to read it. */

const column = (meaning: string, fallback: string) =>
  z.string().min(1).optional().describe(`Name of the column ${meaning}. Default: ${fallback}.`);

const optionsSchema = z
  .strictObject({
    source: path.describe(
      "A .jsonl, .csv, .tsv, .parquet or .txt file, a folder of .txt files, or hf:datasets/OWNER/NAME.",
    ),
    text: column("with the texts", "text"),
    label: column("with the labels", "label, if there is one"),
    language: column("with the languages' codes", "language, if there is one"),
    languageCode: language.optional().describe("ISO 639 code: the language of every row."),
    labels: z
      .record(z.string(), label.nullable())
      .optional()
      .describe(
        "What the labels of the source stand for, such as {0: negative, 1: positive}; null leaves the label's rows out.",
      ),
    split: z.string().min(1).optional().describe("Split of a hf: data set, such as train."),
    config: z.string().min(1).optional().describe("Configuration of a hf: data set."),
    deduplicate: z
      .boolean()
      .optional()
      .describe("Keep the first of texts that differ in case and white space alone. Default false."),
    balance: z
      .boolean()
      .optional()
      .describe("As many rows of each label, in each language: those of the rarest. Default false."),
    sample: z.int().min(1).optional().describe("Draw this many rows of each label and language."),
    seed: z
      .int()
      .min(0)
      .max(4294967294)
      .optional()
      .describe("Start of the draw's random numbers. Default: the recipe's seed."),
    delimiter: z
      .string()
      .length(1)
      .optional()
      .describe("Character between fields. Default: a comma in .csv, a tab in .tsv."),
    quotes: z
      .boolean()
      .optional()
      .describe("Whether double quotes enclose fields; false takes them for text. Default true."),
  })
  .describe("A source of texts, and how to read it.");

/** A name of a source, or a map with the source and how to read it. */
export const dataSourceSchema = z.union([path, optionsSchema]);

export type DataSource = z.output<typeof dataSourceSchema>;
/** How to read a source. Columns are called text, label and language where nothing else is said. */
export type DataOptions = Omit<z.output<typeof optionsSchema>, "source">;

/** The source's name as it is written. */
export function sourceName(data: DataSource): string {
  return typeof data === "string" ? data : data.source;
}

/** How to read the source. */
export function dataOptions(data: DataSource): DataOptions {
  if (typeof data === "string") return {};
  const { source, ...options } = data;
  return options;
}

/**
 * The part of a source's options that the texts depend on, apart from the files' contents: `split` and `config`
 * choose files, and a default that is written out changes nothing.
 *
 * @param recipeSeed the seed that draws where the source has none
 */
export function determiningOptions(data: DataSource, recipeSeed: number): DataOptions {
  const { text, label, language, split, config, balance, deduplicate, quotes, seed, delimiter, ...rest } =
    dataOptions(data);
  const draws = balance === true || rest.sample !== undefined;
  const unless = <T>(value: T, fallback: T) => (value === fallback ? undefined : value);
  return {
    ...rest,
    text: unless(text, "text"),
    label: unless(label, "label"),
    language: unless(language, "language"),
    balance: unless(balance, false),
    deduplicate: unless(deduplicate, false),
    quotes: unless(quotes, true),
    // Files of a data set may have either default.
    delimiter: isHubSource(sourceName(data))
      ? delimiter
      : unless(delimiter, /\.tsv$/i.test(sourceName(data)) ? "\t" : ","),
    seed: draws ? unless(seed, recipeSeed) : undefined,
  };
}
