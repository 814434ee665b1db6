import { createHash } from "node:crypto";
import { basename, isAbsolute, relative } from "node:path";
import { EXPERT_KEYS } from "../recipe/guidance-axes.js";
import { filterCounts } from "../study/arms.js";
import { VERSION } from "../version.js";
import type { ExportRow } from "./export-row.js";
import type { RunArm, RunData } from "./run-data.js";
import type { UsedVector } from "./used-vectors.js";

/** A part of an exported data set. */
export interface ExportSplit {
  readonly name: string;
  readonly rows: readonly ExportRow[];
  /** Names of its files within the export. */
  readonly files: readonly string[];
}

/** The data set of one configuration, divided. */
export interface ExportSet {
  /** `default`, or the arm's name where several are exported. */
  readonly name: string;
  readonly arm: RunArm;
  readonly splits: readonly ExportSplit[];
}

export function rowsOf({ splits }: ExportSet): ExportRow[] {
  return splits.flatMap(({ rows }) => rows);
}

/** How many rows each language and label has: `[language][label]`. */
export type LabelCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts of rows, with a zero where a language has none of a label. */
export function labelCounts(
  rows: readonly ExportRow[],
  languages: readonly string[],
  labels: readonly string[],
): LabelCounts {
  const counts = new Map(languages.map((language) => [language, new Map(labels.map((label) => [label, 0]))]));
  for (const { language, label } of rows) {
    const own = counts.get(language)!;
    own.set(label, own.get(label)! + 1);
  }
  // Labels are of any kind, `__proto__` too: entries make own properties of them.
  return Object.fromEntries([...counts].map(([language, own]) => [language, Object.fromEntries(own)]));
}

/** What was written of a file, to tell it from another. */
export interface FileFacts {
  readonly sha256: string;
  readonly bytes: number;
}

export function fileFacts(data: string | Uint8Array): FileFacts {
  return {
    sha256: createHash("sha256").update(data).digest("hex"),
    bytes: typeof data === "string" ? Buffer.byteLength(data) : data.length,
  };
}

/** What an export comes from and holds; nothing in it depends on when or where it was made. */
export function provenanceOf(
  data: RunData,
  parts: {
    readonly format: string;
    readonly sets: readonly ExportSet[];
    readonly vectors: readonly UsedVector[];
    readonly files: ReadonlyMap<string, FileFacts>;
    readonly notes: readonly string[];
  },
): Record<string, unknown> {
  const { recipe, description } = data;
  const { labels, languages } = recipe.task;
  return {
    format: 1,
    tool: "tillerlm",
    kind: "export",
    version: VERSION,
    exported: parts.format,
    run: {
      name: description.name,
      ...(description.variant === undefined ? {} : { variant: description.variant }),
      fingerprint: description.fingerprint,
      version: description.version,
    },
    seed: recipe.seed,
    model: { source: recipe.model.source, sha256: description.files.model ?? null },
    experts: pick(description.files, EXPERT_KEYS),
    /** sha256 of each file of texts that the recipe names. */
    texts: textFiles(data),
    labels,
    languages,
    sets: Object.fromEntries(
      parts.sets.map(({ name, arm, splits }) => [
        name,
        {
          arm: arm.name,
          configuration: arm.configuration.name,
          ...(arm.named ? { prompting: arm.named.prompting } : {}),
          ...(arm.named?.steering ? { steering: arm.named.steering } : {}),
          ...(arm.named?.guidance ? { guidance: arm.named.guidance } : {}),
          written: arm.written.length,
          filters: filterCounts(arm.written),
          splits: Object.fromEntries(
            splits.map((split) => [
              split.name,
              {
                rows: split.rows.length,
                files: split.files,
                counts: labelCounts(split.rows, languages, labels),
              },
            ]),
          ),
        },
      ]),
    ),
    vectors: parts.vectors.map(({ name, method, class: of, language }) => ({
      file: name,
      method,
      class: of,
      language,
    })),
    files: Object.fromEntries(parts.files),
    notes: parts.notes,
  };
}

function pick(files: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (files[key] === undefined ? [] : [[key, files[key]]])));
}

/** Paths as the recipe's folder sees them: where a person keeps their files is nobody's business. */
function textFiles({ description, directory }: RunData): Record<string, string> {
  const models = new Set<string>(["model", ...EXPERT_KEYS]);
  const found = new Map<string, string>();
  for (const [name, sha256] of Object.entries(description.files)) {
    if (models.has(name)) continue;
    const near = isAbsolute(name) ? nearName(name, directory) : name;
    // Files of other folders may have the same name.
    let free = near;
    for (let number = 2; found.has(free); number++) free = `${near} (${number})`;
    found.set(free, sha256);
  }
  return Object.fromEntries(found);
}

function nearName(name: string, directory: string): string {
  const near = relative(directory, name);
  return near.startsWith("..") || isAbsolute(near) ? basename(name) : near.replaceAll("\\", "/");
}
