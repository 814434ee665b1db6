import { quoted } from "../recipe/problem.js";
import type { Counted, DataInspection, InspectedColumn } from "./inspect-data.js";

/** Labels and columns beyond these are counted, not listed. */
const LISTED = 30;
const SHOWN_CHARACTERS = 100;

/** An inspection for people: control characters are escaped, long texts are cut. */
export function inspectionText(inspection: DataInspection): string {
  const { source, files, rows, columns, writtenLabels, read, problem, notes } = inspection;
  const lines = [
    `${source}: ${counted(rows, "row")}${files.length > 1 ? ` in ${files.length} files` : ""}`,
    "",
    "columns",
    ...listed(columns, ({ name }) => name, columnText),
  ];
  if (read === undefined) {
    if (writtenLabels.length > 0) lines.push("", "labels as written", ...countLines(writtenLabels));
    return [...lines, "", "A recipe could not read it so:", problem ?? ""].join("\n");
  }
  if (read.labels.length > 0) lines.push("", "labels", ...countLines(read.labels));
  if (read.languages.length > 0) lines.push("", "languages", ...countLines(read.languages));
  const { least, median, most } = read.characters;
  const other = read.contradictions === 0 ? "" : ` (${read.contradictions} under another label)`;
  lines.push(
    "",
    `${counted(read.rows, "text")} of ${least} to ${most} characters, median ${median}; ${read.copies === 0 ? "no" : read.copies} repeated${other}`,
    ...read.first.map(({ text, label, language }) => {
      const about = [label === undefined ? undefined : plain(label), language]
        .filter((part) => part !== undefined)
        .join(", ");
      return `  ${about === "" ? "" : `${about}: `}${quoted(text, SHOWN_CHARACTERS)}`;
    }),
  );
  return [...lines, ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}

function columnText({ kinds, empty, classes }: InspectedColumn): string {
  const what = kinds.length === 0 ? "empty" : kinds.join(" or ");
  const missing = kinds.length === 0 || empty === 0 ? "" : `, ${empty} empty`;
  const named = classes?.slice(0, LISTED).map((name, index) => `${index} ${name}`);
  return `${what}${missing}${named === undefined ? "" : `: ${named.join(", ")}`}`;
}

const countLines = (counts: readonly Counted[]) =>
  listed(
    counts,
    ({ name }) => name,
    ({ rows }) => String(rows),
  );

function listed<T>(items: readonly T[], name: (item: T) => string, text: (item: T) => string): string[] {
  const shown = items.slice(0, LISTED).map((item) => ({ name: plain(name(item)), text: text(item) }));
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const rest = items.length > LISTED ? [`  … and ${items.length - LISTED} more`] : [];
  return [...shown.map(({ name, text }) => `  ${name.padEnd(width)}  ${text}`), ...rest];
}

/** A name as it is, or in quotes where it holds what a terminal would not show. */
function plain(name: string): string {
  return /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u.test(name) ? name : quoted(name);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
