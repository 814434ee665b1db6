import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { trimToSentence } from "./trim-to-sentence.js";

describe("trimToSentence", () => {
  it.each([
    ["en", "It was good. The food was", "It was good."],
    ["en", "Was it good? “Yes!” he said and", "Was it good? “Yes!”"],
    ["en", "It cost 3.50 dollars. I met Mr. Smith and", "It cost 3.50 dollars."],
    ["en", "First one. 2. Second", "First one."],
    ["de", "„Es war gut.“ Dann kam", "„Es war gut.“"],
    ["el", "Ήταν καλό; Ναι και", "Ήταν καλό;"],
    ["hi", "यह अच्छा है। यह बुरा", "यह अच्छा है।"],
    ["ur", "یہ اچھا ہے۔ یہ بھی", "یہ اچھا ہے۔"],
    ["am", "ይህ ጥሩ ነው። ይህ ደግሞ", "ይህ ጥሩ ነው።"],
    ["hy", "Սա լավ է։ Սա", "Սա լավ է։"],
    ["my", "ဒါကောင်းတယ်။ ဒါ", "ဒါကောင်းတယ်။"],
    ["zh", "这很好。这个", "这很好。"],
    ["ja", "とても良い！「本当に」と", "とても良い！"],
  ])("cuts the unfinished sentence: %s %s", (language, text, trimmed) => {
    expect(trimToSentence(text, language)).toBe(trimmed);
  });

  it.each([
    ["en", "It was good. The food was too."],
    ["en", 'She said: "It was good."'],
    ["en", "No sentence ends here, in Mr. Smith's"],
    ["en", "And so it goes…"],
    ["zh", "这很好。"],
    ["th", "อาหารอร่อยมาก พนักงานบริการดี และ"],
    ["en", ""],
  ])("keeps a text without an unfinished end, or with nothing else: %s %s", (language, text) => {
    expect(trimToSentence(text, language)).toBe(text);
  });

  it("gives the beginning of the text, whatever the text", () => {
    const text = fc
      .array(fc.constantFrom("a", "B", ". ", "! ", "。", "「", "\ud800", "\n", "“", "2", "።"))
      .map((p) => p.join(""));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (raw) => {
        const trimmed = trimToSentence(raw, "en");
        expect(raw.startsWith(trimmed)).toBe(true);
        expect(trimmed === "").toBe(raw === "");
        expect(trimToSentence(trimmed, "en")).toBe(trimmed);
      }),
    );
  });

  it("refuses an unknown language", () => {
    expect(() => trimToSentence("a. b", "xx")).toThrow(RecipeError);
  });
});
