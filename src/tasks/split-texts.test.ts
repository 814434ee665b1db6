import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitTexts } from "./split-texts.js";

const three = ["Lep dan.", "Zelo dobro.", "Še enkrat."];

describe("splitTexts at separators", () => {
  it.each([
    "Lep dan. ||| Zelo dobro. ||| Še enkrat.",
    "Lep dan.|||Zelo dobro.|||Še enkrat.|||",
    "|||\nLep dan.\n|||\nZelo dobro.\r\n|||\r\n\r\nŠe enkrat.\n|||\n",
    "Lep dan. ｜｜｜ Zelo dobro. ｜|｜ Še enkrat.",
    "Lep dan. | | | Zelo dobro. |||| Še enkrat.",
    "Lep dan. \\|\\|\\| Zelo dobro. \\|\\|\\| Še enkrat.",
    "```\nLep dan. ||| Zelo dobro. ||| Še enkrat.\n```",
    "~~~text\nLep dan.\n|||\nZelo dobro.\n|||\nŠe enkrat.\n~~~",
    "1. Lep dan. ||| 2. Zelo dobro. ||| 3. Še enkrat.",
    "- Lep dan.\n|||\n- Zelo dobro.\n|||\n- Še enkrat.",
    '"Lep dan." ||| “Zelo dobro.” ||| «Še enkrat.»',
    '1) "Lep dan." ||| 2) "Zelo dobro." ||| 3) "Še enkrat."',
    "Tu so trije komentarji: ||| Lep dan. ||| Zelo dobro. ||| Še enkrat.",
    "Tu so trije komentarji:\n|||\n1. Lep dan.\n|||\n2. Zelo dobro.\n|||\n3. Še enkrat.",
    "Lep dan.\u200f|||\u200fZelo dobro.\u2028|||\u2029Še enkrat.",
  ])("finds three texts in %j", (output) => {
    expect(splitTexts(output, "|||")).toEqual(three);
  });

  it.each([
    ["อาหารอร่อยมาก|||ห้องพักสกปรก ||| ไม่กลับมาอีก", ["อาหารอร่อยมาก", "ห้องพักสกปรก", "ไม่กลับมาอีก"]],
    ["الطعام لذيذ |‏||‏ الغرفة قذرة", ["الطعام لذيذ", "الغرفة قذرة"]],
    ["ምግቡ ጥሩ ነው። ||| ክፍሉ ቆሻሻ ነው።", ["ምግቡ ጥሩ ነው።", "ክፍሉ ቆሻሻ ነው።"]],
    ["「料理がおいしい。」｜｜｜「部屋が汚い。」", ["料理がおいしい。", "部屋が汚い。"]],
    ["አስተያየቶች፦ ||| ጥሩ ||| መጥፎ", ["ጥሩ", "መጥፎ"]],
  ])("reads %s", (output, texts) => {
    expect(splitTexts(output, "|||")).toEqual(texts);
  });

  it("keeps what a text says of itself", () => {
    const texts = [
      "1. FC Köln won.",
      "– Ahoj! – he said.",
      '"Good" and "bad"',
      "A | b || c",
      "10-year-old\ntea",
    ];
    expect(splitTexts(texts.join("\n|||\n"), "|||")).toEqual(texts);
  });

  it("takes any separator, marks and words", () => {
    expect(splitTexts("a <sep> b < sep > c", "<sep>")).toEqual(["a", "b", "c"]);
    expect(splitTexts("a\n###\nb # 1\n####\nc", "###")).toEqual(["a", "b # 1", "c"]);
    expect(splitTexts("a.*b", ".*")).toEqual(["a", "b"]);
    expect(splitTexts("a-b\n---\nc -- d", "---")).toEqual(["a-b", "c -- d"]);
    expect(() => splitTexts("a", "")).toThrow(RangeError);
  });

  it("splits at lines and at blank lines", () => {
    expect(splitTexts("a\nb\n\nc\r\nd", "\n")).toEqual(["a", "b", "c", "d"]);
    expect(splitTexts("a\nb\n \n\nc", "\n\n")).toEqual(["a\nb", "c"]);
  });

  it("drops the first and the last line, as the predecessor of paper C does", () => {
    const output = "Seveda, tu so primeri\n1. Lep dan.\n2. Zelo dobro.\n3. Še enkr";
    expect(splitTexts(output, "\n", { dropEnds: true })).toEqual(["Lep dan.", "Zelo dobro."]);
    expect(splitTexts("Tu so:\nLep dan.\nŠe", "\n", { dropEnds: true })).toEqual(["Lep dan."]);
    expect(splitTexts("Only one", "\n", { dropEnds: true })).toEqual([]);
  });
});

describe("splitTexts without separators", () => {
  it.each([
    "1. Lep dan.\n2. Zelo dobro.\n3. Še enkrat.",
    "1.Lep dan.\n2.Zelo dobro.\n3.Še enkrat.",
    "Tu so:\n\n(1) Lep dan.\n\n(2) Zelo dobro.\n\n(3) Še enkrat.\n\nUpam, da pomaga!",
    "**1.** Lep dan.\n**2.** Zelo dobro.\n**3.** Še enkrat.",
    "**Besedilo 1:** Lep dan.\n**Besedilo 2:** Zelo dobro.\n**Besedilo 3:** Še enkrat.",
    "### 1.\nLep dan.\n### 2.\nZelo dobro.\n### 3.\nŠe enkrat.",
    "1 - Lep dan.\n2 - Zelo dobro.\n3 - Še enkrat.",
    "① Lep dan.\n② Zelo dobro.\n③ Še enkrat.",
    "١. Lep dan.\n٢. Zelo dobro.\n٣. Še enkrat.",
    "๑) Lep dan.\n๒) Zelo dobro.\n๓) Še enkrat.",
    "１、Lep dan.\n２、Zelo dobro.\n３、Še enkrat.",
    "* Lep dan.\n* Zelo dobro.\n* Še enkrat.",
    "Reviews:\n• Lep dan.\n• Zelo dobro.\n• Še enkrat.\n\nThat is all.",
  ])("reads the list %j", (output) => {
    expect(splitTexts(output, "|||")).toEqual(three);
  });

  it("keeps the lines of an item together, and numbers that do not count", () => {
    expect(splitTexts("1. In\n2024. leto je\n2. Drugo\nin še", "|||")).toEqual([
      "In\n2024. leto je",
      "Drugo\nin še",
    ]);
    const paragraphs = "1. A\n\nb\n\n2. C\n\nd";
    expect(splitTexts(paragraphs, "|||")).toEqual(["A\n\nb", "C\n\nd"]);
  });

  it.each(["Lep dan.", "1. Lep dan.", "Moj seznam ni dober.\n1. a\n2. b", "a\nb\nc"])(
    "finds one text in %j",
    (output) => {
      expect(splitTexts(output, "|||")).toEqual([output]);
    },
  );

  it("splits at lines or paragraphs when there are as many as were asked for", () => {
    expect(splitTexts("a\nb\nc", "|||", { count: 3 })).toEqual(["a", "b", "c"]);
    expect(splitTexts("a\nb\n\nc\n\nd", "|||", { count: 3 })).toEqual(["a\nb", "c", "d"]);
    expect(splitTexts("a\nb", "|||", { count: 3 })).toEqual(["a\nb"]);
  });

  it("gives no text for none", () => {
    for (const output of ["", "  \n", "|||", "```\n```"]) expect(splitTexts(output, "|||")).toEqual([]);
  });
});

it("gives back what was joined, whatever the script", () => {
  const word = fc.constantFrom(
    "dober",
    "नमस्ते",
    "ไม่ดี",
    "طيب",
    "שלום",
    "好",
    "ጥሩ",
    "e\u0301",
    "👩‍👧",
    "2024",
    "it's",
  );
  const text = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(" "));
  const separator = fc.constantFrom("|||", " ||| ", "\n|||\n", "###", "<sep>", "\n\n");
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 6 }), separator, (texts, mark) => {
      expect(splitTexts(texts.join(mark), mark)).toEqual(texts);
    }),
    { numRuns: 200 },
  );
});

it("gives clean pieces of any output, and never throws", () => {
  const piece = fc.constantFrom(
    "|||",
    "｜",
    " | ",
    "\n",
    "\n\n",
    "1. ",
    "2. ",
    "- ",
    "```",
    '"',
    "“",
    ":",
    "a",
    "ก",
    "\u200f",
    "①",
  );
  const output = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(
      output,
      fc.constantFrom("|||", "\n", "<sep>", "\\"),
      fc.boolean(),
      (text, separator, dropEnds) => {
        for (const found of splitTexts(text, separator, { count: 2, dropEnds })) {
          expect(found).not.toBe("");
          expect(found).toBe(found.trim());
        }
      },
    ),
    { numRuns: 500 },
  );
});
