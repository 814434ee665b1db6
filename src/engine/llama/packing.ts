import { EngineError } from "../../errors.js";
import type { SelectableRow } from "../selection.js";

/** A whole text, as tokens. */
export interface TokenText {
  readonly tokens: Int32Array;
  /** Tokens before the answer; all of them if there is none. */
  readonly promptLength: number;
}

/** Where one row of a batch comes from. */
export interface Row extends SelectableRow {
  readonly text: number;
  readonly sequence: number;
  readonly length: number;
}

/** Rows that are decoded together, and whether the cache is to be cleared before. */
export interface Pack {
  readonly fresh: boolean;
  readonly rows: readonly Row[];
  /** Texts whose last row is in this pack. */
  readonly finished: readonly number[];
}

/**
 * Packs texts side by side into batches of at most `rows` rows and `sequences` texts. A text that fits into no
 * batch is alone in several that follow one another. Every row says which text, position and token it is.
 * Throws EngineError for a text longer than `capacity` tokens or with none.
 */
export function* packTexts(
  texts: readonly TokenText[],
  limits: { rows: number; sequences: number; capacity: number },
): Generator<Pack> {
  let rows: Row[] = [];
  let finished: number[] = [];
  for (const [text, { tokens, promptLength }] of texts.entries()) {
    if (tokens.length === 0)
      throw new EngineError(`Text ${text + 1} of ${texts.length} has no tokens: it is empty.`);
    if (tokens.length > limits.capacity) {
      throw new EngineError(
        `Text ${text + 1} of ${texts.length} has ${tokens.length} tokens and the context ${limits.capacity}. ` +
          "Shorten the text or raise model.context in the recipe.",
      );
    }
    const full = rows.length + tokens.length > limits.rows || finished.length === limits.sequences;
    if (full && rows.length > 0) {
      yield { fresh: true, rows, finished };
      rows = [];
      finished = [];
    }
    const sequence = finished.length;
    for (const [position, token] of tokens.entries()) {
      if (rows.length === limits.rows) {
        yield { fresh: position === rows.length, rows, finished: [] };
        rows = [];
      }
      rows.push({ text, sequence, position, token, promptLength, length: tokens.length });
    }
    finished.push(text);
    if (tokens.length > limits.rows) {
      yield { fresh: false, rows, finished };
      rows = [];
      finished = [];
    }
  }
  if (rows.length > 0) yield { fresh: true, rows, finished };
}
