import { normalizeLanguage } from "./languages.js";

/** Latin titles and short forms whose full stop ends no sentence. */
const SHORT_FORMS = new Set(["mr", "mrs", "ms", "dr", "prof", "st", "vs", "nr", "tzv", "napr", "np", "bzw"]);

/**
 * Cuts an unfinished last sentence, as a text has that stopped at the token limit. What stays ends in a sentence
 * terminator of its script (full stop, danda, Ethiopic full stop, CJK full stop, …) with the quotation marks and
 * brackets that close after it. A text in which no sentence is complete stays as it is: so does Thai, which
 * writes no terminator.
 *
 * Sentences are found by `Intl.Segmenter` for the language; a sentence without a letter, such as the number of a
 * list's item, does not count, and a full stop after an initial or a common short form ends none.
 *
 * @param language ISO 639 code.
 * @throws RecipeError for an unknown language.
 */
export function trimToSentence(text: string, language: string): string {
  const tag = normalizeLanguage(language);
  const segmenter = new Intl.Segmenter([tag, "en"], { granularity: "sentence" });
  const sentences = Array.from(segmenter.segment(text), ({ segment }) => segment);
  const last = sentences.findLastIndex((sentence) => isComplete(sentence, tag));
  if (last < 0 || last === sentences.length - 1) return text;
  // Some languages' rules put the next sentence's opening bracket or corner quote at the end of this one.
  return sentences
    .slice(0, last + 1)
    .join("")
    .replace(/[\s\p{Ps}]+$/u, "");
}

function isComplete(sentence: string, language: string): boolean {
  const body = sentence.replace(/[\s\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Quotation_Mark}*_]+$/u, "");
  // The Greek question mark is a semicolon in NFC.
  const terminator = language === "el" ? /[\p{Sentence_Terminal}…;]$/u : /[\p{Sentence_Terminal}…]$/u;
  if (!terminator.test(body) || !/\p{L}/u.test(body)) return false;
  const lastWord = /([\p{L}\p{M}]+)\.$/u.exec(body)?.[1];
  if (lastWord === undefined) return true;
  return !/^\p{Lu}$/u.test(lastWord) && !SHORT_FORMS.has(lastWord.toLowerCase());
}
