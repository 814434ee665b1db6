import type { Sample } from "../store/sample.js";

/** A row of an exported data set: a text, and what it can be traced by. */
export interface ExportRow {
  readonly text: string;
  readonly label: string;
  /** ISO 639 code. */
  readonly language: string;
  /** The sample's id in the run: `configuration/language/label/index`. */
  readonly id: string;
  readonly configuration: string;
  /** Of the sampler that wrote the text: 0 to 2³² − 1. */
  readonly seed: number;
}

/**
 * A sample as it is exported. Text is NFC and well-formed (half of a surrogate pair, which other readers refuse,
 * becomes U+FFFD), as in the run's own data sets.
 */
export function exportRow({ text, label, language, id, configuration, seed }: Sample): ExportRow {
  const wellFormed = (value: string) => value.replace(/\p{Surrogate}/gu, "\ufffd").normalize("NFC");
  return { text: wellFormed(text), label, language, id: wellFormed(id), configuration, seed };
}
