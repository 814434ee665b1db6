import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FILTER_NAMES } from "../store/sample.js";
import { createFilters, type FilterOptions } from "./filters.js";

const PROMPT =
  "Generate a review with positive sentiment in Slovenian language. Output only the text and nothing else.";
const OPTIONS: FilterOptions = {
  minCharacters: 8,
  language: true,
  loops: true,
  echo: true,
  identify: () => true,
  prompts: [PROMPT],
};

function check(text: string, change: Partial<FilterOptions> = {}) {
  return createFilters({ ...OPTIONS, ...change }).check(text, { language: "sl" });
}

describe("empty and short", () => {
  it.each(["", " \n\u3000", "…", "\u200b\u200b", '"."', "\u0000"])("finds nothing in %j", (text) => {
    expect(check(text)).toEqual(["empty", "short"]);
    expect(check(text, { minCharacters: 0, identify: () => false })).toEqual(["empty"]);
  });

  it("counts graphemes, without white space at the ends", () => {
    expect(check("  Dobro!  ")).toEqual(["short"]);
    expect(check("Dobro je")).toEqual([]);
    expect(check("👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧")).toEqual(["short"]);
    expect(check("ሰላም ለእናንተ ነው")).toEqual([]);
    expect(check("g\u0323\u0307".repeat(8))).toEqual(check("gggggggg"));
  });
});

describe("echo", () => {
  it.each([
    PROMPT,
    "generate a REVIEW with positive sentiment",
    "Positive review in Slovenian language",
    "Output only the text.",
    "Zelo lep hotel. Output only the text and nothing else. Zelo lep hotel z odlično hrano.",
  ])("finds the instruction in %s", (text) => {
    expect(check(text)).toEqual(["echo"]);
    expect(check(text, { echo: false })).toEqual([]);
    expect(check(text, { prompts: [] })).toEqual([]);
  });

  it.each([
    [
      "เขียนรีวิวเชิงบวกเป็นภาษาไทยและแสดงเฉพาะข้อความเท่านั้น",
      "ได้เลย: เขียนรีวิวเชิงบวกเป็นภาษาไทยและแสดงเฉพาะข้อความเท่านั้น",
    ],
    ["请用中文写一篇正面的电影评论，只输出文本。", "好的，请用中文写一篇正面的电影评论。"],
    ["እባክህ በአማርኛ ቋንቋ አዎንታዊ አስተያየት ጻፍ እና ጽሑፉን ብቻ አውጣ", "እሺ በአማርኛ ቋንቋ አዎንታዊ አስተያየት ጻፍ እና"],
  ])("finds an instruction in another script: %s", (prompt, text) => {
    expect(check(text, { prompts: [prompt] })).toEqual(["echo"]);
  });

  it.each([
    "The text of this book is long, and nothing else I read this year was as good.",
    "I only read the text because the review was so positive.",
    "Odličen hotel v središču mesta, osebje je zelo prijazno.",
    "A review with positive sentiment would be a lie: the rooms were dirty and the staff was rude to all of us.",
  ])("passes %s", (text) => {
    expect(check(text)).toEqual([]);
  });
});

describe("loop", () => {
  it.each([
    ["English, one sentence", "I love it. I love it. I love it."],
    ["English, at the end", `It is a good place to eat, ${"and the food is good ".repeat(6)}`],
    ["English, letter case and punctuation", "Good food! good food, GOOD FOOD. Good: food."],
    ["English, a numbered list", "1. The food is great. 2. The food is great. 3. The food is great."],
    ["English, within a word", "The food was sooooooooooooooooooooooooooooooooooooo good"],
    ["Thai", "อาหารอร่อยมาก บริการดี ".repeat(4)],
    ["Thai without spaces", `ร้านนี้${"อร่อยมาก".repeat(10)}`],
    ["Chinese", `这家餐厅${"非常好吃".repeat(8)}`],
    ["Amharic", `ይህ ምግብ ${"በጣም ጥሩ ነው። ".repeat(5)}`],
    ["Amharic, one word", `ሰውየው ${"ሄደ ".repeat(40)}`],
    ["emoji", `ok ${"😀🎉".repeat(15)}`],
  ])("finds a loop: %s", (_, text) => {
    expect(check(text)).toEqual(["loop"]);
    expect(check(text, { loops: false })).toEqual([]);
  });

  it("finds sentences that come back with others between them", () => {
    const [a, b, c] = [
      "The room was clean and quiet.",
      "The staff was very kind to us.",
      "Breakfast was rich and fresh.",
    ];
    expect(check([a, b, a, c, b, a, c, a, b].join(" "))).toEqual(["loop"]);
    expect(check([a, b, c].join(" "))).toEqual([]);
  });

  it.each([
    "very very good",
    "It was very, very, very good.",
    "No, no, no, no! Never again will I stay in this hotel with my family.",
    "Hahahahaha, so good!",
    "The more I read, the more I like it; the more I like it, the more I read.",
    "On the one hand the room was small, on the other hand the price was small too.",
    "อาหารอร่อยมากๆ บริการดีมาก ราคาไม่แพง จะกลับมาอีกแน่นอน",
    "这家餐厅非常非常好吃，服务也非常好，下次还会再来。",
    "እጅግ በጣም በጣም ጥሩ ነው። ምግቡም አገልግሎቱም ጥሩ ነው።",
    "Buku-buku itu bagus sekali, anak-anak suka membacanya berulang-ulang.",
  ])("passes %s", (text) => {
    expect(check(text)).toEqual([]);
  });
});

describe("language", () => {
  it("asks for the text's own language", () => {
    const filters = createFilters({ ...OPTIONS, identify: (text, language) => text.startsWith(language) });
    expect(filters.check("sl: besedilo", { language: "sl" })).toEqual([]);
    expect(filters.check("sl: besedilo", { language: "am" })).toEqual(["language"]);
    expect(check("sl: besedilo", { language: false, identify: () => false })).toEqual([]);
  });
});

describe("duplicate", () => {
  it("finds an accepted text again, whatever its letter case, spaces, form and outer punctuation", () => {
    const filters = createFilters(OPTIONS);
    const first = "Café Straße ΟΔΟΣ is great!";
    expect(filters.check(first, { language: "en" })).toEqual([]);
    expect(filters.check(first, { language: "en" })).toEqual([]);
    filters.accept(first, { language: "en" });
    for (const text of [first, "  “Cafe\u0301  STRASSE\nοδοσ is GREAT”…", "café straße οδος is great"]) {
      expect(filters.check(text, { language: "en" }), text).toEqual(["duplicate"]);
    }
    expect(filters.check("Cafe Straße ΟΔΟΣ is great!", { language: "en" })).toEqual([]);
    expect(filters.check("Café Straße, ΟΔΟΣ is great!", { language: "en" })).toEqual([]);
  });
});

describe("check", () => {
  it("lists every filter that fails, in the order of FILTER_NAMES", () => {
    const text = "Output only the text. ".repeat(4);
    const filters = createFilters({
      ...OPTIONS,
      minCharacters: 200,
      maxCharacters: 5,
      identify: () => false,
      nearDuplicates: true,
      copiedDemonstrations: true,
      memorised: true,
      demonstrations: [text],
      real: [text],
    });
    filters.accept(text, { language: "sl" });
    expect(filters.check(text, { language: "sl" })).toEqual([
      "short",
      "long",
      "echo",
      "loop",
      "language",
      "duplicate",
      "copies-demonstration",
    ]);
  });

  it("never throws, and finds what it accepted, for any string", () => {
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
      .map((codes) => String.fromCharCode(...codes));
    const loops = fc.tuple(units, fc.nat(12)).map(([unit, count]) => unit.repeat(count));
    fc.assert(
      fc.property(fc.oneof(units, loops, fc.string({ unit: "binary" })), units, (text, prompt) => {
        const filters = createFilters({ ...OPTIONS, prompts: [PROMPT, prompt] });
        const failed = filters.check(text, { language: "sl" });
        expect(failed).toEqual(FILTER_NAMES.filter((name) => failed.includes(name)));
        expect(failed).not.toContain("duplicate");
        filters.accept(text, { language: "sl" });
        expect(filters.check(text, { language: "sl" }).includes("duplicate")).toBe(!failed.includes("empty"));
      }),
      { numRuns: 500 },
    );
  });
});
