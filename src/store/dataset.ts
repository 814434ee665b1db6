import { jsonLine } from "./json-line.js";
import { writeFileAtomic } from "./write-file.js";

/** A text of a labelled data set, as a classifier is trained on it. */
export interface DatasetRow {
  readonly text: string;
  readonly label: string;
  /** ISO 639 code. */
  readonly language: string;
}

/** A file handle is given this many rows at a time: a system call for each row would be slow. */
const BLOCK = 1024;

/**
 * Writes a data set as JSON Lines with the keys `text`, `label` and `language`, whole or not at all. Text
 * is NFC and well-formed (half of a surrogate pair, which other readers refuse, becomes U+FFFD), and holds
 * no raw line separator.
 *
 * @throws StoreError when it cannot be written
 */
export async function writeDataset(path: string, rows: Iterable<DatasetRow>): Promise<void> {
  await writeFileAtomic(path, blocks(rows));
}

function* blocks(rows: Iterable<DatasetRow>): Generator<string> {
  let block = "";
  let count = 0;
  for (const row of rows) {
    const text = row.text.replace(/\p{Surrogate}/gu, "\ufffd").normalize("NFC");
    block += jsonLine({ text, label: row.label, language: row.language });
    count += 1;
    if (count % BLOCK === 0) {
      yield block;
      block = "";
    }
  }
  if (block !== "") yield block;
}
