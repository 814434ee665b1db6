import { extname } from "node:path";
import { type DataRecord, type ReadRecordsOptions, readRecords } from "../data/read-records.js";
import { RecipeError } from "../errors.js";
import { type DataSource, sourceName } from "../recipe/data-source-schema.js";
import { nearestKey } from "../recipe/nearest-key.js";
import { quoted } from "../recipe/problem.js";
import { normalizeLanguage } from "./languages.js";

/** A text of which it is known what it is. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
  /** Canonical short code; left out where the source names none. */
  readonly language?: string;
}

/** Which rows of a source to take. A row that has no such column is taken. */
export interface RowSelection {
  readonly label?: string | undefined;
  /** ISO 639 code. */
  readonly language?: string | undefined;
}

/**
 * The texts of a source (see `readRecords`): of a .txt file a text a line, of a table the column `text`. Blank lines
 * are skipped.
 *
 * @param options.keepBlank a blank line within a .txt file, and a row of a table without a text, is an empty text, so
 *   that the rows of two sources stay pairs.
 * @throws RecipeError for what `readRecords` throws, and if no row is selected
 */
export async function readTexts(
  data: DataSource,
  options: RowSelection & Omit<ReadRecordsOptions, "needLabels" | "ignore"> = {},
): Promise<string[]> {
  const ignore = (["label", "language"] as const).filter((column) => options[column] === undefined);
  return selectTexts(await readRecords(data, { ...options, ignore }), options, sourceName(data));
}

/**
 * The texts of some of a source's rows.
 *
 * @param name what the source is called in messages
 * @throws RecipeError if there is none
 */
export function selectTexts(records: readonly DataRecord[], selection: RowSelection, name: string): string[] {
  const label = selection.label?.normalize("NFC");
  const language = selection.language === undefined ? undefined : normalizeLanguage(selection.language);
  const texts = records
    .filter((row) => label === undefined || row.label === undefined || row.label === label)
    .filter((row) => language === undefined || row.language === undefined || row.language === language)
    .map(({ text }) => text);
  if (texts.length > 0) return texts;
  const wanted = [label && `label "${label}"`, language && `language "${language}"`]
    .filter(Boolean)
    .join(" and ");
  const found = [...new Set(records.flatMap((row) => row.label ?? []))];
  const known =
    label === undefined || found.includes(label)
      ? ""
      : ` Its labels are ${listed(found)}; \`labels\` maps them.`;
  throw new RecipeError(`${name}: holds no text${wanted === "" ? "" : ` for ${wanted}`}.${known}`);
}

/**
 * The rows of a source with text, label and, if there, language (see `readRecords`). Other columns are ignored.
 *
 * @param options.labels the labels that may occur, if only some may
 * @throws RecipeError naming file and line, for what `readRecords` throws and for a missing or unknown label
 */
export async function readLabelled(
  data: DataSource,
  options: Omit<ReadRecordsOptions, "needLabels" | "keepBlank"> & {
    readonly labels?: readonly string[] | undefined;
  } = {},
): Promise<LabelledText[]> {
  const name = sourceName(data);
  if (extname(name).toLowerCase() === ".txt") {
    throw new RecipeError(
      `${name}: has no labels; give a .jsonl, .csv, .tsv or .parquet file, or a folder for each label.`,
    );
  }
  const { labels, ...reading } = options;
  const records = await readRecords(data, { ...reading, needLabels: true });
  return records.map(({ text, label: found, language, where }) => {
    const label = labels === undefined ? found! : knownLabel(found!, labels, where);
    return language === undefined ? { text, label } : { text, label, language };
  });
}

/** A share above which a label leaves too little of the others. */
const ONE_SIDED = 0.9;

/** A note for rows of which nearly all have one label; undefined for others. */
export function oneSidedNote(rows: readonly LabelledText[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
  if (most < ONE_SIDED * rows.length) return undefined;
  if (most === rows.length) return `all ${most} texts have the label "${label}".`;
  const share = ((100 * most) / rows.length).toFixed(0);
  return `${most} of ${rows.length} texts (${share} %) have the label "${label}"; \`balance: true\` takes as many of each.`;
}

const listed = (labels: readonly string[]) =>
  labels.length === 0 ? "none" : labels.map((name) => quoted(name)).join(", ");

function knownLabel(label: string, labels: readonly string[], where: string): string {
  const known = labels.find((candidate) => candidate.normalize("NFC") === label);
  if (known !== undefined) return known;
  const near = nearestKey(label, labels) ?? labels[0]!;
  throw new RecipeError(
    `${where}: the label ${quoted(label)} is not one of ${listed(labels)}. ` +
      `Add it to task.labels, take the row out, or map it: labels: {${quoted(label)}: ${near}}, or to null.`,
  );
}
