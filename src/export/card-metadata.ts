import { stringify } from "yaml";
import type { Recipe } from "../recipe/schema.js";
import { arrowBytes, type Feature, featuresOf } from "./parquet-rows.js";
import type { ExportSet, FileFacts } from "./provenance.js";

/** Licences that the Hub knows by these names, of those that are given to data; any other is `other`, with its name. */
const LICENCES: ReadonlySet<string> = new Set(
  (
    "apache-2.0 mit bsd-3-clause gpl-3.0 agpl-3.0 unlicense cc cc0-1.0 cc-by-2.0 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 " +
    "cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 " +
    "cc-by-nc-sa-4.0 odc-by odbl pddl cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 openrail " +
    "bigscience-openrail-m llama2 llama3 llama3.1 llama3.2 llama3.3 gemma unknown other"
  ).split(" "),
);

const SIZES: readonly (readonly [number, string])[] = [
  [1e3, "n<1K"],
  [1e4, "1K<n<10K"],
  [1e5, "10K<n<100K"],
  [1e6, "100K<n<1M"],
  [1e7, "1M<n<10M"],
  [Number.POSITIVE_INFINITY, "10M<n<100M"],
];

/** What YAML 1.1 does not print, or takes for the end of a line. */
const UNPRINTABLE =
  /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * The YAML that a data-set card begins with, as the Hub and `datasets` read it. Every string is quoted, so that no
 * reader makes a truth value of the language `no` or of a label `yes`.
 */
export function cardMetadata(
  recipe: Recipe,
  sets: readonly ExportSet[],
  options: { readonly licence: string | undefined; readonly files: ReadonlyMap<string, FileFacts> },
): string {
  const { labels, languages } = recipe.task;
  const rows = sets.flatMap(({ splits }) => splits.flatMap((split) => split.rows));
  const value = {
    ...licenceKeys(options.licence),
    ...languageKeys(languages),
    task_categories: ["text-classification"],
    size_categories: [SIZES.find(([limit]) => rows.length < limit)![1]],
    pretty_name: recipe.name,
    tags: tagsOf(sets),
    configs: sets.map(({ name, splits }, at) => ({
      config_name: name,
      ...(at === 0 && sets.length > 1 ? { default: true } : {}),
      data_files: splits.map((split) => ({ split: split.name, path: [...split.files] })),
    })),
    dataset_info: sets.map((set) => datasetInfo(set, labels, options.files)),
  };
  const yaml = stringify(value, {
    version: "1.1",
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
    // Without anchors: lists that are the same are written twice.
    aliasDuplicateObjects: false,
  });
  return yaml.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return `\\u${code.padStart(4, "0")}`;
  });
}

function licenceKeys(licence: string | undefined): Record<string, string> {
  if (licence === undefined) return { license: "other" };
  const id = licence.toLowerCase();
  return LICENCES.has(id) ? { license: id } : { license: "other", license_name: licence };
}

/** The Hub takes languages by their ISO 639 code, and scripts and regions in a key of their own. */
function languageKeys(languages: readonly string[]): Record<string, string[]> {
  const tags = languages.filter((code) => code.includes("-"));
  return {
    language: [...new Set(languages.map((code) => code.split("-")[0]!))],
    ...(tags.length === 0 ? {} : { language_bcp47: tags }),
  };
}

function tagsOf(sets: readonly ExportSet[]): string[] {
  const named = sets.flatMap(({ arm }) => arm.named ?? []);
  return [
    "synthetic",
    "tiller",
    ...(named.some(({ steering }) => steering) ? ["activation-steering"] : []),
    ...(named.some(({ guidance }) => guidance) ? ["guided-decoding"] : []),
  ];
}

function datasetInfo(
  { name, splits }: ExportSet,
  labels: readonly string[],
  files: ReadonlyMap<string, FileFacts>,
): unknown {
  const sizes = splits.map(({ rows }) => arrowBytes(rows));
  return {
    config_name: name,
    features: Object.entries(featuresOf(labels)).map(([column, feature]) => ({
      name: column,
      dtype: dtypeOf(feature),
    })),
    splits: splits.map(({ name: split, rows }, at) => ({
      name: split,
      num_bytes: sizes[at],
      num_examples: rows.length,
    })),
    download_size: splits
      .flatMap((split) => split.files)
      .reduce((sum, file) => sum + files.get(file)!.bytes, 0),
    dataset_size: sizes.reduce((sum, size) => sum + size, 0),
  };
}

function dtypeOf(feature: Feature): unknown {
  if (feature._type === "Value") return feature.dtype;
  return { class_label: { names: Object.fromEntries(feature.names.map((name, at) => [String(at), name])) } };
}
