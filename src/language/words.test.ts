import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { segments, sentences, words } from "./words.js";

describe("words", () => {
  it("finds words in scripts with and without spaces", () => {
    expect(words("Don't panic: 3.5 stars!", "en")).toEqual(["don't", "panic", "3.5", "stars"]);
    expect(words("ሰላም፡ለዓለም። ጥሩ ነው", "am")).toEqual(["ሰላም", "ለዓለም", "ጥሩ", "ነው"]);
    expect(words("สวัสดีชาวโลก", "th")).toEqual(["สวัสดี", "ชาว", "โลก"]);
    expect(words("我喜欢这家餐厅。", "zh")).toEqual(["我", "喜欢", "这", "家", "餐厅"]);
    expect(words("שלום עולם", "he")).toEqual(["שלום", "עולם"]);
  });

  it("gives NFC, whatever the text has", () => {
    const composed = "ẹ̀kọ́ ọ̀rọ̀ à";
    expect(words(composed.normalize("NFD"), "yo")).toEqual(words(composed.normalize("NFC"), "yo"));
    expect(words("a\u0300 la", "fr")[0]).toBe("à");
  });

  it("lowers case by the language's rules, and never by the machine's", () => {
    expect(words("IĞDIR İZMİR", "tr")).toEqual(["ığdır", "izmir"]);
    expect(words("TITLE", "en")).toEqual(["title"]);
    expect(words("TITLE")).toEqual(["title"]);
    expect(words("ΟΔΥΣΣΕΥΣ", "el")).toEqual(["οδυσσευς"]);
  });

  it("leaves out emoji, punctuation and symbols, and takes any code", () => {
    expect(words("😀😀 ❤️ !!! … €")).toEqual([]);
    expect(words("")).toEqual([]);
    expect(words("plain text", "no such code")).toEqual(["plain", "text"]);
    expect(words("a\u0000b \ud800 c")).toEqual(["a", "b", "c"]);
  });

  it.each([
    ["en", "It's a long walk to the river, she said; we'll go at 3.30 p.m. "],
    ["ru", "Привет, мир! Это — текст из нескольких слов. "],
    ["am", "ሰላም ለዓለም። ይህ ጥሩ ምግብ ቤት ነው። "],
    ["th", "ร้านนี้อร่อยมาก บริการดี และราคาไม่แพง "],
  ])("cuts a long text of %s into the same words as the segmenter does in one go", (language, part) => {
    const text = part.repeat(40);
    const whole = [...new Intl.Segmenter(language, { granularity: "word" }).segment(text)];
    const expected = whole.filter((s) => s.isWordLike).map((s) => s.segment.toLocaleLowerCase(language));
    expect(words(text, language)).toEqual(expected);
  });

  it("takes time in proportion to the length", () => {
    const started = performance.now();
    expect(words("Привет мир это текст да. ".repeat(40_000), "ru")).toHaveLength(200_000);
    expect(words("我喜欢这家餐厅".repeat(20_000), "zh").length).toBeGreaterThan(90_000);
    // In one go the first alone takes more than ten minutes.
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it("loses nothing of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1500 }), (text) => {
        expect([...segments(text)].map((s) => s.text).join("")).toBe(text);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});

describe("sentences", () => {
  it("ends sentences by the script's own marks and by line breaks", () => {
    expect(sentences("One. Two?  Three!\n\nfour", "en")).toEqual(["One.", "Two?", "Three!", "four"]);
    expect(sentences("ጥሩ ነው። አይደለም።", "am")).toEqual(["ጥሩ ነው።", "አይደለም።"]);
    expect(sentences("好吃。不好吃！", "zh")).toEqual(["好吃。", "不好吃！"]);
    expect(sentences("नमस्ते। ठीक है।", "hi")).toEqual(["नमस्ते।", "ठीक है।"]);
    expect(sentences(" \n ")).toEqual([]);
  });
});
