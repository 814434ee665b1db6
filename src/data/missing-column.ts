import { nearestKey } from "../recipe/nearest-key.js";
import { quoted } from "../recipe/problem.js";

/** What others call such a column. */
const OTHER_NAMES = {
  text: [
    "sentence",
    "content",
    "review",
    "comment",
    "utterance",
    "utt",
    "tweet",
    "body",
    "document",
    "headline",
  ],
  label: ["class", "category", "labels", "intent", "sentiment", "topic", "target", "coarse_label"],
  language: ["lang", "locale", "language_code", "lang_code"],
} as const;

export type ColumnRole = keyof typeof OTHER_NAMES;

/** `the field "text" is missing. The fields are id, review: did you mean review? Give …` */
export function missingColumn(role: ColumnRole, wanted: string, columns: readonly string[]): string {
  const lower = new Map(columns.map((column) => [column.toLowerCase(), column]));
  const usual = OTHER_NAMES[role].find((name) => lower.has(name));
  const near = nearestKey(wanted, columns) ?? (usual && lower.get(usual));
  const listed = columns.slice(0, 20).map((column) => quoted(column));
  const list = columns.length > listed.length ? `${listed.join(", ")}, …` : listed.join(", ");
  const hint = near === undefined ? "" : ` Did you mean ${quoted(near)}?`;
  return `the field ${quoted(wanted)} is missing. There ${columns.length === 1 ? "is" : "are"} ${list || "none"}.${hint} Say which it is with ${role}: NAME.`;
}
