import { words } from "../language/words.js";
import { wordNgrams } from "./word-ngrams.js";

/** Words in a row, shared with an instruction, that make a text an echo. */
const ECHO_RUN = 6;
const ECHO_GRAM = 3;
/** Share of a text's words that lie in trigrams of the instructions, from which on it is an echo. */
const ECHO_SHARE = 0.5;

/**
 * Tells whether words of a text (as `words` gives them) echo one of the instructions: whether six of them in a row are
 * an instruction's, or half of them lie in word trigrams of the instructions. The second finds a short echo, such as
 * "Positive review in Slovenian language", and one with other words put in.
 */
export function createEchoFilter(prompts: readonly string[]): (words: readonly string[]) => boolean {
  const sequences = prompts.map((prompt) => words(prompt));
  const runs = new Set(sequences.flatMap((sequence) => wordNgrams(sequence, ECHO_RUN)));
  const grams = new Set(sequences.flatMap((sequence) => wordNgrams(sequence, ECHO_GRAM)));
  return (sequence) => {
    if (wordNgrams(sequence, ECHO_RUN).some((gram) => runs.has(gram))) return true;
    const isCovered = new Uint8Array(sequence.length);
    for (const [start, gram] of wordNgrams(sequence, ECHO_GRAM).entries()) {
      if (grams.has(gram)) isCovered.fill(1, start, start + ECHO_GRAM);
    }
    const covered = isCovered.reduce((sum, value) => sum + value, 0);
    return covered > 0 && covered >= ECHO_SHARE * sequence.length;
  };
}
