import { parse } from "yaml";
import { z } from "zod";

/** A longer one is no path's: it would fill the memory and take its time with every file. */
const patternSchema = z.string().max(4096);
const patternsSchema = z.union([patternSchema.transform((text) => [text]), z.array(patternSchema)]);
const dataFilesSchema = z.union([
  patternsSchema.transform((patterns) => [{ split: "train", patterns }]),
  z
    .array(z.object({ split: z.coerce.string().default("train"), path: patternsSchema }))
    .transform((entries) => entries.map(({ split, path }) => ({ split, patterns: path }))),
]);
const configSchema = z.object({
  config_name: z.coerce.string().default("default"),
  data_dir: z.string().optional(),
  data_files: dataFilesSchema.optional(),
  default: z.boolean().default(false),
});

/** A configuration of a data set as its card declares it. */
export interface CardConfig {
  readonly name: string;
  readonly isDefault: boolean;
  readonly splits: readonly { readonly split: string; readonly patterns: readonly string[] }[];
}

/**
 * The configurations with `data_files` in the YAML at the head of a data-set card (`configs:`), in its order. A card
 * without them, or whose YAML cannot be read, has none: its files are then told apart by their names.
 */
export function readCardConfigs(card: string): CardConfig[] {
  const front = /^\uFEFF?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)/s.exec(card)?.[1];
  if (front === undefined) return [];
  let configs: unknown;
  try {
    configs = (parse(front) as { configs?: unknown } | null)?.configs;
  } catch {
    return [];
  }
  if (!Array.isArray(configs)) return [];
  return configs.flatMap((entry): CardConfig[] => {
    const config = configSchema.safeParse(entry).data;
    if (!config?.data_files) return [];
    const { config_name: name, data_dir: folder, data_files: splits, default: isDefault } = config;
    const inFolder = (pattern: string) =>
      [folder, pattern]
        .map((part) => part?.replace(/^\.\/|\/+$/g, ""))
        .filter(Boolean)
        .join("/");
    return [
      {
        name,
        isDefault,
        splits: splits.map(({ split, patterns }) => ({ split, patterns: patterns.map(inFolder) })),
      },
    ];
  });
}
