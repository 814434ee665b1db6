import { describe, expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { buildReference } from "./reference.js";

const texts = [
  { text: "The soup was cold and nobody came.", language: "en" },
  { text: "Die Suppe war kalt und niemand kam.", language: "deu" },
  { text: "A long wait, and then no bread at all.", language: "en" },
  { text: "Langes Warten, und dann gar kein Brot.", language: "de-AT" },
];

describe("buildReference", () => {
  it("keeps languages apart, by their base code", () => {
    const { languages } = buildReference({ texts, budget: 10, seed: 1 });
    expect([...languages.keys()]).toEqual(["de", "en"]);
    expect(languages.get("de")).toMatchObject({ words: 14, window: 7, repetition: 0, scale: undefined });
    expect(languages.get("en")?.mattr).toBe(1);
  });

  it("calibrates each language by its own texts", () => {
    const { languages, notes } = buildReference({
      texts,
      logProbabilities: { human: [-2, -5, -3, -6], shuffled: [-4, -8, -5, -9] },
      budget: 10,
      seed: 1,
    });
    expect(languages.get("en")?.scale).toMatchObject({ top: -2.5, bottom: -4.5, separation: 1 });
    expect(languages.get("de")?.scale).toMatchObject({ top: -5.5, bottom: -8.5 });
    // English: −2 is above the median, −3 a quarter of the way down to the shuffled median.
    expect(languages.get("en")?.coherence).toBeCloseTo((1 + 0.75) / 2, 12);
    expect(notes.join(" ")).toContain("en: coherence is calibrated on only 2 human texts");
  });

  it("takes log-probabilities of some of the texts", () => {
    const { languages, notes } = buildReference({
      texts,
      logProbabilities: { human: [-3, -2], shuffled: [-5, -4], indices: [2, 0] },
      budget: 10,
      seed: 1,
    });
    expect(languages.get("en")?.scale).toMatchObject({ top: -2.5, bottom: -4.5 });
    expect(languages.get("de")?.scale).toBeUndefined();
    expect(notes).toContain("de: no human text has a log-probability, so coherence is not measured.");
  });

  it("says when the model cannot tell human texts from word salad", () => {
    const { languages, notes } = buildReference({
      texts: texts.slice(0, 1),
      logProbabilities: { human: [-3], shuffled: [-3] },
      budget: 10,
      seed: 1,
    });
    expect(languages.get("en")?.scale).toBeUndefined();
    expect(notes[0]).toContain("as probable as the texts themselves");
  });

  it("says when it tells them badly", () => {
    const many = Array.from({ length: 12 }, () => texts[0]!);
    const human = many.map((_, i) => -i);
    const { notes } = buildReference({
      texts: many,
      logProbabilities: { human, shuffled: human.map((value) => value - 1) },
      budget: 10,
      seed: 1,
    });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("% of cases only");
  });

  it("refuses lists that do not line up", () => {
    const build = (human: number[], shuffled: number[], indices?: number[]) => () =>
      buildReference({
        texts,
        logProbabilities: { human, shuffled, ...(indices ? { indices } : {}) },
        budget: 10,
        seed: 1,
      });
    expect(build([-1], [-2])).toThrow(TillerError);
    expect(build([-1], [-2, -3], [0])).toThrow("1 scored human texts");
    expect(build([-1], [-2], [4])).toThrow("text 4");
  });

  it("bears an empty set and texts without words", () => {
    expect(buildReference({ texts: [], budget: 10, seed: 1 }).languages.size).toBe(0);
    const emoji = buildReference({ texts: [{ text: "😀", language: "en" }], budget: 10, seed: 1 });
    expect(emoji.languages.get("en")).toMatchObject({ words: 0, mattr: undefined, window: 2 });
  });
});
