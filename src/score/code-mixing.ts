import { sameLanguage } from "../language/code.js";
import type { Identifier } from "../language/identify.js";
import { sentences, words } from "../language/words.js";
import { absent, exactly, type Measured } from "./measured.js";
import { mean } from "./statistics.js";

/** Sentences of fewer words decide nothing: detectors that are sure of them are too often wrong. */
const FEWEST_WORDS = 5;

/** How much of texts is in another language than the one that was asked for. */
export interface CodeMixing {
  /** Mean of `texts`, where there are any. */
  readonly value: Measured;
  /** For each text the share of its decided sentences that are in another language; undefined without one. */
  readonly texts: readonly (number | undefined)[];
  readonly sentences: { readonly decided: number; readonly undecided: number };
}

/**
 * The share of a text's sentences that are in another language, and its mean over texts. A sentence is decided if it
 * has at least 5 words and the identification is reliable; a decided one is in another language if neither detector
 * takes it for the asked one. Words of another language within a sentence are not seen.
 *
 * @param language ISO 639 code or BCP 47 tag of the language that was asked for.
 */
export function codeMixing(
  texts: readonly string[],
  language: string,
  identifier: Pick<Identifier, "identify" | "matches" | "supports">,
): CodeMixing {
  const nothing = texts.map(() => undefined);
  if (!identifier.supports(language)) {
    const value = absent(`no language identification knows ${language}`);
    return { value, texts: nothing, sentences: { decided: 0, undecided: 0 } };
  }
  let undecided = 0;
  let decided = 0;
  const shares = texts.map((text) => {
    let own = 0;
    let other = 0;
    for (const sentence of sentences(text, language)) {
      const found =
        words(sentence, language).length < FEWEST_WORDS ? undefined : identifier.identify(sentence);
      if (!found?.reliable) undecided++;
      else if (sameLanguage(found.language, language) || identifier.matches(sentence, language)) own++;
      else other++;
    }
    decided += own + other;
    return own + other === 0 ? undefined : other / (own + other);
  });
  const value = mean(shares.filter((share) => share !== undefined));
  return {
    value: value === undefined ? absent(reasonFor(texts)) : exactly(value),
    texts: shares,
    sentences: { decided, undecided },
  };
}

function reasonFor(texts: readonly string[]): string {
  return texts.length === 0
    ? "there are no texts"
    : `no sentence is long and clear enough to tell its language (${FEWEST_WORDS} words)`;
}
