/** What turns texts of one language into another. Implementations live in files of their own. */
export interface Translator {
  /**
   * What the translations depend on: program or model, prompt, settings. It is part of the key under which
   * translations are remembered, so that another translator's are not taken for its own.
   */
  readonly name: string;
  /** Refuses a pair of languages that cannot be translated, before a text is. Codes as in {@link translate}. */
  requirePair?(from: string, to: string): Promise<void>;
  /**
   * Translates a batch.
   *
   * @param texts on one line each, as {@link oneLine} gives them.
   * @param from canonical language code, see `normalizeLanguage`; `to` as well.
   * @returns one translation for each text, in their order; empty where the translator has none.
   * @throws EngineError if the translator is missing or fails; InterruptedError when the signal aborts
   */
  translate(texts: readonly string[], from: string, to: string, signal?: AbortSignal): Promise<string[]>;
}

/** A text on one line: NFC, with one space for each stretch of white space and control characters. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .normalize("NFC")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
