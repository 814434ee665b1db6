/** Endings of files of texts that are tables, with columns. */
export const TABLE_ENDINGS: readonly string[] = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"];

/** Endings of all files of texts. */
export const DATA_ENDINGS: readonly string[] = [...TABLE_ENDINGS, ".txt"];

/** Whether a source is on the Hugging Face Hub. */
export function isHubSource(source: string): boolean {
  return source.startsWith("hf:");
}
