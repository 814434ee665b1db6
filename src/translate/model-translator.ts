import { collect } from "../engine/collect.js";
import type { Decoding, Engine } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import {
  cleanTranslation,
  TRANSLATION_PROMPT_VERSION,
  translationLines,
  translationMessages,
} from "./translation-prompt.js";
import type { Translator } from "./translator.js";

export interface ModelTranslatorOptions {
  /** Longest translation, in tokens; default 256. */
  readonly maxTokens?: number | undefined;
  /** Texts written together; default 16. */
  readonly sequences?: number | undefined;
}

/**
 * The language model itself, asked for each translation and decoded greedily. A model with a chat template is asked in
 * it; another one continues two lines, `English: …` and `Spanish:`.
 */
export function createModelTranslator(
  engine: Pick<Engine, "model" | "generate">,
  { maxTokens = 256, sequences = 16 }: ModelTranslatorOptions = {},
): Translator {
  const { name, sha256, hasChatTemplate } = engine.model;
  const decoding: Decoding = {
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    penaltyWindow: 64,
    maxTokens,
    stop: hasChatTemplate ? [] : ["\n"],
  };
  const ask = hasChatTemplate ? translationMessages : translationLines;
  return {
    name: `${name} ${sha256}, prompt ${TRANSLATION_PROMPT_VERSION}, at most ${maxTokens} tokens`,
    async translate(texts, from, to, signal) {
      const requests = texts.map((text) => ({ prompt: ask(text, from, to), seed: 0 }));
      const completions = await retryAfterCrash("translating", () =>
        collect(engine.generate(requests, { decoding, sequences, ...(signal ? { signal } : {}) })),
      );
      const translations = texts.map(() => "");
      for (const { index, text } of completions) {
        translations[index] = cleanTranslation(text, texts[index]!, to);
      }
      return translations;
    },
  };
}
