import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildReference } from "./reference.js";
import { scoreTexts } from "./score.js";

interface Expected {
  readonly good: readonly string[];
  readonly human: readonly string[];
  readonly written: readonly (readonly [text: string, label: string, finish: "end" | "stop" | "length"])[];
  readonly humanScores: readonly number[];
  readonly shuffledScores: readonly number[];
  readonly scores: readonly number[];
  readonly expected: Readonly<Record<string, number>>;
}

// Made by fixtures/scores.py with NLTK and NumPy.
const fixture: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(new URL("fixtures/scores.json", import.meta.url), "utf8"),
);

it.each(Object.entries(fixture))(
  "success and coherence are those of their formulas (%s)",
  (language, set) => {
    const reference = buildReference({
      texts: set.human.map((text) => ({ text, language })),
      logProbabilities: { human: set.humanScores, shuffled: set.shuffledScores },
      budget: 50,
      seed: 1,
    });
    const { success, coherence, meanWords } = scoreTexts({
      texts: set.written.map(([text, label, finish]) => ({ text, label, language, finish })),
      logProbabilities: set.scores,
      reference,
      matches: (text) => text !== "" && !/[α-ω]/.test(text),
      predictLabel: (text) =>
        set.good.some((word) => text.split(" ").includes(word)) ? "positive" : "negative",
      seed: 1,
    });
    const found: Readonly<Record<string, number | undefined>> = {
      success: success.value,
      language: success.language,
      label: success.label,
      coherence: coherence.value,
      humanCoherence: coherence.human,
      logProbability: coherence.logProbability,
      repetition: coherence.repetition,
      loopRate: coherence.loopRate,
      truncatedRate: coherence.truncatedRate,
      emptyRate: coherence.emptyRate,
      meanWords,
    };
    for (const [name, value] of Object.entries(set.expected))
      expect(found[name], name).toBeCloseTo(value, 12);
  },
);
