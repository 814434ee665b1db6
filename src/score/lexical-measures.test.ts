import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { shuffled } from "../random/seeded-random.js";
import { canCompress } from "./diversity.js";
import {
  type LexicalName,
  type LexicalOptions,
  type LexicalScores,
  lexicalMeasures,
} from "./lexical-measures.js";
import { lexicalSet, lexicalText } from "./lexical-set.js";

/** Measures that fall when a set is duplicated, those that rise, and those within texts, which stay. */
const BETWEEN: readonly LexicalName[] = [
  "distinct1",
  "distinct2",
  "distinct3",
  "distinct4",
  "normalisedTrigrams",
  "ngramDiversity",
];
const WITHIN: readonly LexicalName[] = ["mattr", "repetition", "looped"];

const REVIEWS = {
  en: Array.from({ length: 30 }, (_, i) => {
    const subjects = ["soup", "waiter", "bread", "music", "terrace", "bill", "dessert"];
    const verdicts = [
      "cold",
      "kind",
      "stale",
      "loud",
      "sunny",
      "wrong",
      "sweet",
      "late",
      "small",
      "fine",
      "dull",
    ];
    return `The ${subjects[i % 7]} was ${verdicts[i % 11]} when we came for the ${i}th time, and ${verdicts[(i + 3) % 11]} later.`;
  }),
  th: [
    "ซุปเย็นและขนมปังก็เย็น พนักงานใจดีแต่ช้ามาก",
    "รอนานมาก ไม่มีขนมปังเลย แต่ของหวานอร่อย",
    "อาหารอร่อย บรรยากาศดี จะกลับมาอีกแน่นอน",
    "ราคาแพงไปหน่อย แต่คุ้มค่ากับรสชาติ",
  ],
  km: ["ស៊ុបត្រជាក់ ហើយនំប៉័ងក៏ត្រជាក់ដែរ", "អ្នករត់តុចិត្តល្អ ប៉ុន្តែយើងរង់ចាំយូរ", "ម្ហូបឆ្ងាញ់ណាស់ យើងនឹងមកម្ដងទៀត"],
  zh: [
    "汤是凉的，面包也是凉的。",
    "音乐声音太大，我们几乎听不见对方说话。",
    "账单算错了两次，经理还是没有道歉。",
    "服务员很好，但是我们等了很久。",
    "甜点太甜了，不过咖啡不错。",
  ],
  ja: [
    "スープは冷たく、パンも冷たかった。",
    "音楽がうるさくて、話がほとんど聞こえませんでした。",
    "店員は親切でしたが、とても待ちました。",
    "デザートは甘すぎるけれど、また来たいです。",
  ],
  bo: [
    "ཁུ་བ་གྲང་མོ་རེད། བག་ལེབ་ཀྱང་གྲང་མོ་རེད།",
    "ཞབས་ཞུ་བ་བཟང་པོ་འདུག འོན་ཀྱང་ཡུན་རིང་བསྒུགས་པ་ཡིན།",
    "ཁ་ལག་ཞིམ་པོ་འདུག ཡང་བསྐྱར་ཡོང་གི་ཡིན།",
  ],
  te: ["సూప్ చల్లగా ఉంది, రొట్టె కూడా చల్లగా ఉంది.", "వెయిటర్ మంచివాడు కానీ చాలా సేపు ఆగాము.", "భోజనం బాగుంది, మళ్ళీ వస్తాము."],
  he: [
    "המרק היה קר and the bread was stale",
    "המלצר היה נחמד, אבל חיכינו שעה (one hour!)",
    "נחזור שוב בשבוע הבא",
    "המוזיקה הייתה חזקה מדי and the bill was wrong twice",
  ],
};

const setOf = (texts: readonly string[], language?: string) =>
  lexicalSet(texts.map((text) => lexicalText(text, language)));
const measured = (texts: readonly string[], options: Partial<LexicalOptions> = {}): LexicalScores =>
  lexicalMeasures(setOf(texts, options.language), { seed: 1, ...options });

/** Every number is a number, in its range, and what is missing has its reason. */
function expectSound({ measures, size, overlap }: LexicalScores): void {
  for (const [name, { value, standardError, matched, relative, absent }] of Object.entries(measures)) {
    const compression = name === "gzip" || name === "zstd";
    for (const number of [value, matched?.set, matched?.human]) {
      if (number === undefined) continue;
      expect(number, name).toBeGreaterThanOrEqual(0);
      expect(number, name).toBeLessThanOrEqual(compression ? 1.2 : 1 + 1e-12);
    }
    for (const error of [standardError, relative.standardError]) {
      if (error !== undefined) expect(error, name).toBeGreaterThanOrEqual(0);
    }
    if (relative.value !== undefined) expect(Number.isFinite(relative.value), name).toBe(true);
    expect(absent === undefined, name).toBe(value !== undefined);
    expect(relative.absent === undefined, name).toBe(relative.value !== undefined);
  }
  if (size.meanWords !== undefined) expect(Number.isFinite(size.meanWords)).toBe(true);
  for (const { value, absent } of Object.values(overlap)) {
    expect(value === undefined).toBe(absent !== undefined);
    for (const share of value?.ngrams ?? []) {
      if (share === undefined) continue;
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  }
}

describe("in every script", () => {
  it.each(Object.entries(REVIEWS))("%s has every measure", (language, texts) => {
    const human = setOf(texts, language);
    const sources = { demonstrations: texts.slice(0, 1).map((text) => lexicalText(text, language)) };
    const scores = measured(texts, { language, human, sources });
    expectSound(scores);
    for (const [name, { value, relative }] of Object.entries(scores.measures)) {
      if (name === "zstd" && !canCompress("zstd")) continue;
      expect(value, name).toBeDefined();
      // The set is the human texts themselves.
      expect(relative.value, name).toBeCloseTo(1, 12);
    }
    expect(scores.size).toEqual(scores.human);
    expect(scores.size.meanWords!).toBeGreaterThan(3);
    expect(scores.overlap.demonstrations!.value!.copies).toBeGreaterThan(0);
  });
});

describe("a duplicated set", () => {
  it.each(Object.entries(REVIEWS))("is less diverse, and its texts are not (%s)", (language, texts) => {
    const once = measured(texts, { language }).measures;
    const twice = measured([...texts, ...texts], { language }).measures;
    for (const name of BETWEEN) expect(twice[name].value!, name).toBeLessThan(once[name].value!);
    for (const name of WITHIN) expect(twice[name].value!, name).toBeCloseTo(once[name].value!, 12);
    expect(twice.selfBleu.value!).toBeGreaterThan(once.selfBleu.value!);
    const human = setOf(texts, language);
    const relative = measured([...texts, ...texts, ...texts], { language, human, draws: 40 }).measures;
    expect(relative.distinct2.relative.value!).toBeLessThan(1);
    expect(relative.selfBleu.relative.value!).toBeLessThan(1);
    expect(relative.gzip.relative.value!).toBeLessThan(1);
  });
});

it("gives the same bits for any order of the texts, and for the same seed", () => {
  const human = REVIEWS.en.slice(0, 7);
  const texts = REVIEWS.en.slice(5);
  const scores = (seed: number) =>
    measured(shuffled(texts, seed), {
      human: setOf(shuffled(human, seed)),
      sources: { contrast: shuffled(human, seed).map((text) => lexicalText(text)) },
      budget: 90,
    });
  const first = scores(1);
  expectSound(first);
  for (let seed = 2; seed < 6; seed++) expect(scores(seed)).toEqual(first);
});

describe("bad input", () => {
  const human = setOf(REVIEWS.en);

  it.each([
    ["no texts", [], "there are no texts"],
    ["empty texts", ["", "  "], "no text has a word"],
    ["emoji alone", ["😀😀", "👩‍👩‍👧‍👧", "❤️"], "no text has a word"],
  ])("%s has no value, and says why", (_, texts, reason) => {
    const scores = measured(texts, { human, sources: { demonstrations: [lexicalText("the soup")] } });
    expectSound(scores);
    for (const [name, { value, absent }] of Object.entries(scores.measures)) {
      expect(value, name).toBeUndefined();
      if (name !== "gzip" && name !== "zstd") expect(absent, name).toBe(reason);
    }
    expect(scores.overlap.demonstrations).toEqual({ value: undefined, absent: reason });
    expect(scores.size).toMatchObject({ texts: texts.length, wordless: texts.length, words: 0 });
    expect(scores.measures.gzip.absent).toMatch(/bytes, fewer than the 200/);
  });

  it("one text has what one text can have", () => {
    const scores = measured([REVIEWS.en[0]!], { human });
    expectSound(scores);
    expect(scores.measures.selfBleu.absent).toBe("fewer than 2 texts have a word");
    expect(scores.measures.distinct2).toMatchObject({ value: 1, standardError: undefined });
    expect(measured(["one"]).measures.distinct2.absent).toBe("no text has 2 words");
    expect(measured(["one two"], { budget: 5 }).measures.distinct1.absent).toBe(
      "the set has 2 words, fewer than the budget of 5",
    );
  });

  it("texts that are all the same have no diversity", () => {
    const scores = measured(new Array<string>(50).fill(REVIEWS.en[0]!), { human });
    expectSound(scores);
    expect(scores.measures.distinct4.value!).toBeCloseTo(1 / 50, 12);
    expect(scores.measures.selfBleu.value!).toBeCloseTo(1, 12);
    expect(scores.measures.selfBleu.relative.value!).toBeCloseTo(0, 9);
    expect(scores.measures.gzip.relative.value!).toBeLessThan(0.5);
  });

  it("human texts that are all the same are named", () => {
    const same = setOf(["the soup was cold today", "the soup was cold today"]);
    const { selfBleu } = measured(REVIEWS.en, { human: same }).measures;
    expect(selfBleu.value).toBeDefined();
    expect(selfBleu.relative.absent).toBe("the human texts have no diversity to compare with");
    expect(measured(REVIEWS.en, { human: setOf([]) }).measures.mattr.relative.absent).toMatch(
      /too little human text/,
    );
    expect(measured(REVIEWS.en).measures.mattr.relative.absent).toBe(
      "there are no human texts to compare with",
    );
  });

  it("a text of a megabyte is measured", () => {
    const scores = measured(["the soup was cold ".repeat(58_000), ...REVIEWS.en], { human });
    expectSound(scores);
    expect(scores.size.words).toBeGreaterThan(230_000);
    expect(scores.measures.looped.value!).toBeGreaterThan(0);
  });

  it("an unbroken megabyte without a space is measured", () => {
    expectSound(measured(["汤".repeat(350_000), "ดีมาก".repeat(70_000)], { human }));
  });

  it("refuses a window, a budget or a seed that makes no sense", () => {
    expect(() => measured(REVIEWS.en, { window: 0 })).toThrow(TillerError);
    expect(() => measured(REVIEWS.en, { budget: 0 })).toThrow(TillerError);
    expect(() => measured(REVIEWS.en, { seed: -1 })).toThrow(RangeError);
  });
});

it("stays in range for random Unicode, lone surrogates included", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc
      .array(fc.constantFrom("the", "soup", "ሾርባ", "汤", "ดี", "שוק", "😀"), { maxLength: 20 })
      .map((list) => list.join(" ")),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
      .map((units) => String.fromCharCode(...units)),
  );
  const sets = fc.array(text, { maxLength: 12 });
  fc.assert(
    fc.property(sets, sets, fc.nat(), (texts, human, seed) => {
      const options = { human: setOf(human), sources: { human: human.map((one) => lexicalText(one)) } };
      const scores = measured(texts, { ...options, seed });
      expectSound(scores);
      expect(measured([...texts].reverse(), { ...options, seed })).toEqual(scores);
    }),
    { seed: 6, numRuns: 150 },
  );
});

it("zstd is named where this Node lacks it", () => {
  const { zstd } = measured(REVIEWS.en, { human: setOf(REVIEWS.en) }).measures;
  if (canCompress("zstd")) expect(zstd.value!).toBeGreaterThan(0);
  else expect(zstd).toMatchObject({ value: undefined, absent: expect.stringMatching(/no zstd; 22.15/) });
});
