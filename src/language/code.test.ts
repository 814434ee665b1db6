import { describe, expect, it } from "vitest";
import { baseLanguage, canonicalLanguage, sameLanguage } from "./code.js";

describe("language codes", () => {
  it("brings ISO 639-2, ISO 639-3 and withdrawn codes to BCP 47", () => {
    expect(["deu", "ind", "yor", "iw", "jw", "tl", "cmn_Hant", " EN "].map(canonicalLanguage)).toEqual([
      "de",
      "id",
      "yo",
      "he",
      "jv",
      "fil",
      "zh-Hant",
      "en",
    ]);
    expect(baseLanguage("zh-Hant-TW")).toBe("zh");
    expect(canonicalLanguage("not a code!")).toBeUndefined();
    expect(canonicalLanguage("")).toBeUndefined();
  });

  it("counts the usual variants as one language, and no others", () => {
    const same: [string, string][] = [
      ["id", "ms"],
      ["no", "nb"],
      ["nn", "nb"],
      ["he", "iw"],
      ["jv", "jw"],
      ["zh", "zh-Latn"],
      ["zh-TW", "cmn"],
      ["hr", "bs"],
      ["sr-Latn", "hr"],
      ["fil", "tl"],
    ];
    for (const [a, b] of same) expect(sameLanguage(a, b), `${a} ${b}`).toBe(true);
    const different: [string, string][] = [
      ["id", "jv"],
      ["jv", "su"],
      ["cs", "sk"],
      ["da", "no"],
      ["sl", "hr"],
      ["constructor", "constructor!"],
    ];
    for (const [a, b] of different) expect(sameLanguage(a, b), `${a} ${b}`).toBe(false);
  });
});
