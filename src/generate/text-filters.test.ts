import { describe, expect, it, test } from "vitest";
import { recipeSchema } from "../recipe/schema.js";
import type { FilterName, Sample } from "../store/sample.js";
import { copyFilter } from "./copy-filter.js";
import { createFilters, type FilterOptions } from "./filters.js";
import { hasResidue, RESIDUES } from "./residue-filter.js";
import { createFiltersOf } from "./write-samples.js";

const OFF: FilterOptions = {
  minCharacters: 0,
  language: false,
  loops: false,
  echo: false,
  duplicates: false,
  identify: () => true,
  prompts: [],
};
const filtersWith = (change: Partial<FilterOptions>) => createFilters({ ...OFF, ...change });

describe("long", () => {
  it("counts graphemes, without white space at the ends", () => {
    const filters = filtersWith({ maxCharacters: 5 });
    const check = (text: string) => filters.check(text, { language: "th" });
    expect(check("  abcde ")).toEqual([]);
    expect(check("abcdef")).toEqual(["long"]);
    expect(check("👩‍👩‍👧‍👧".repeat(5))).toEqual([]);
    expect(check("กี่วันกี่")).toEqual([]);
    expect(filtersWith({ maxCharacters: false }).check("abcdef", { language: "th" })).toEqual([]);
  });
});

describe("template-residue", () => {
  it.each([
    ["chat mark", "Odličen hotel.<|im_end|>"],
    ["chat mark", "อาหารอร่อยมาก [/INST]"],
    ["chat mark", "ምግቡ ጥሩ ነው <end_of_turn>"],
    ["chat mark", "很好吃</s>"],
    ["role", "Assistant: האוכל היה טעים"],
    ["role", "खाना अच्छा था ### Response: ठीक है"],
    ["slot", "{label} отзыв о гостинице"],
    ["slot", "Ресторан {{назва}} дуже добрий"],
    ["slot", "<text>Der Zug war pünktlich."],
    ["blank", "I loved [Name of restaurant] and its soup."],
    ["blank", "Hvala, [Your name]"],
    ["markdown", "المطعم **رائع جدا** والخدمة ممتازة"],
    ["markdown", "## 感想 とても美味しかったです"],
    ["list mark", "1. Makanannya enak sekali."],
    ["list mark", "١. الطعام لذيذ"],
    ["list mark", "• Maɗalla da wannan abinci"],
    ["opening", "Sure, here is a positive review in Amharic: ምግቡ ጥሩ ነው"],
    ["opening", "Here are three sentences about sports: The match was long."],
    ["opening", "Certainly! Here's one."],
    ["aside", "As an AI language model, I have not eaten there."],
    ["aside", "หนังสนุกมาก (Translation: The film is fun)"],
    ["aside", "It was fine. Let me know if you need another one!"],
  ])("finds a %s in %s", (kind, text) => {
    expect(Object.keys(RESIDUES).filter((name) => RESIDUES[name]!.test(text))).toContain(kind);
    expect(filtersWith({ templateResidue: true }).check(text, { language: "en" })).toEqual([
      "template-residue",
    ]);
    expect(filtersWith({}).check(text, { language: "en" })).toEqual([]);
  });

  it.each([
    "Sure, the food was good, but here is the catch: it was cold.",
    "Of course I will be back. Here is why: the fish.",
    "Okay. I'll go to the nearest branch at once.",
    "I love you <3 #hotel #lunch and 5 > 3",
    "He said [laughing] that [the show] was his.",
    "2. #Owe Bí ebí bá pa ọmọ",
    "1.5 liters of water, and 1st class!",
    "เมนูเด็ด *** ห้ามพลาด ***",
    "<<ለማ ለማ ሲሉኝ አረሙን መስሎኛል>> ብለህ",
    "「とても良い」と『彼』は言った。【公式】",
    'צה"ל ניצח – 3:1, והקהל שמח!',
    "Note: the kitchen closes at nine. Human rights, system errors: all is here.",
    "这家店（真的）不错！——我朋友说",
  ])("passes %s", (text) => {
    expect(hasResidue(text)).toBe(false);
  });
});

describe("near-duplicate", () => {
  const SAME: readonly (readonly [string, string, string])[] = [
    [
      "en",
      "The room was clean, the staff was kind and breakfast was rich.",
      "The room was clean, the staff was kind and breakfast is rich!",
    ],
    ["am", "ምግቡ በጣም ጣፋጭ ነው አገልግሎቱም ጥሩ ነው ዋጋውም ተመጣጣኝ ነው", "ምግቡ በጣም ጣፋጭ ነው አገልግሎቱም ጥሩ ነው ዋጋውም ተመጣጣኝ ነው እና"],
    ["th", "อาหารอร่อยมากบริการดีราคาไม่แพงจะกลับมาอีกแน่นอน", "อาหารอร่อยมากบริการดีราคาไม่แพงจะกลับมาอีกแน่ๆ"],
    [
      "zh",
      "这家餐厅的菜非常好吃，服务员也很热情，下次还会再来。",
      "这家餐厅的菜非常好吃，服务员也很热情，下次还再来。",
    ],
    [
      "he",
      "המלון היה נקי והצוות היה אדיב מאוד וארוחת הבוקר עשירה",
      "המלון היה נקי והצוות היה אדיב מאוד וארוחת הבוקר עשירה.",
    ],
    [
      "hi",
      "कमरा साफ था और कर्मचारी बहुत अच्छे थे और खाना भी स्वादिष्ट था",
      "कमरा साफ था और कर्मचारी बहुत अच्छे थे और खाना भी स्वादिष्ट था।",
    ],
    [
      "ko",
      "방이 깨끗하고 직원들이 아주 친절했으며 아침 식사도 훌륭했습니다",
      "방이 깨끗하고 직원들이 아주 친절했으며 아침 식사도 훌륭했어요",
    ],
  ];
  it.each(SAME)("finds a changed text in %s", (language, first, second) => {
    const filters = filtersWith({ nearDuplicates: true, duplicates: true });
    filters.accept(first, { language });
    expect(filters.check(second, { language })[0]).toMatch(/duplicate$/);
    expect(filters.check(second, { language: "other" })).not.toContain("near-duplicate");
    const strict = filtersWith({ nearDuplicates: 1 });
    strict.accept(first, { language });
    expect(strict.check(second, { language })).toEqual([]);
    for (const [other, text] of SAME)
      if (other !== language) expect(filters.check(text, { language })).toEqual([]);
  });

  it("is not asked of a duplicate, and finds one where duplicates are let through", () => {
    const both = filtersWith({ nearDuplicates: true, duplicates: true });
    const one = filtersWith({ nearDuplicates: true });
    for (const filters of [both, one]) filters.accept("The train was late.", { language: "en" });
    expect(both.check("“The train was  LATE”", { language: "en" })).toEqual(["duplicate"]);
    expect(one.check("The train was  LATE.", { language: "en" })).toEqual(["near-duplicate"]);
  });
});

test("code-mixing: more than the share of decided sentences in another language", () => {
  const identifier = {
    identify: (text: string) => ({
      language: text.startsWith("The") ? "en" : "sl",
      probability: 1,
      by: "cld3" as const,
      reliable: true,
    }),
    matches: (text: string, language: string) => (text.startsWith("The") ? "en" : "sl") === language,
    supports: () => true,
  };
  const text = "Hotel je zelo lep in čist. The staff was kind to us all. Zajtrk je bil odličen in bogat.";
  const check = (codeMixing: boolean | number) =>
    filtersWith({ codeMixing, identifier }).check(text, { language: "sl" });
  expect(check(true)).toEqual(["code-mixing"]);
  expect(check(0.33)).toEqual(["code-mixing"]);
  expect(check(0.34)).toEqual([]);
  expect(check(false)).toEqual([]);
  expect(() => filtersWith({ codeMixing: true })).toThrow(RangeError);
});

describe("copies", () => {
  const demonstrations = [
    "Die Zimmer waren sauber und das Personal sehr freundlich.",
    "ห้องสะอาดมากและพนักงานก็เป็นมิตรสุดๆ",
    "部屋はとても清潔で、スタッフも親切でした。",
    "ክፍሎቹ በጣም ንጹህ ነበሩ ሰራተኞቹም ደግ ነበሩ",
    "Номера были чистыми, а персонал очень приветливым.",
    "الغرف نظيفة والموظفون ودودون للغاية",
  ];
  const copies = [
    "Die Zimmer waren sauber, das Personal war sehr freundlich, und wir kommen wieder.",
    "ห้องสะอาดมากและพนักงานก็เป็นมิตรดี อาหารก็อร่อย",
    "部屋はとても清潔で、スタッフも親切でした。また泊まりたいです。",
    "ክፍሎቹ በጣም ንጹህ ነበሩ ሰራተኞቹም ደግ ነበሩ እንመለሳለን",
    "Номера были очень чистыми, а персонал очень приветливым!",
    "الغرف نظيفة جدا والموظفون ودودون للغاية",
  ];
  const others = [
    "Das Essen war kalt, und die Zimmer rochen nach Rauch.",
    "อาหารเย็นชืดและต้องรอนานมาก",
    "朝ごはんがおいしくて、駅からも近かったです。",
    "ምግቡ ቀዝቃዛ ነበር ብዙም ጠበቅን",
    "Еда была холодной, и мы долго ждали.",
    "الطعام بارد وانتظرنا طويلا",
  ];
  it.each(copies.map((copy, i) => [copy, others[i]!]))("finds %s, and passes %s", (copy, other) => {
    const filters = filtersWith({
      copiedDemonstrations: true,
      demonstrations,
      memorised: true,
      real: demonstrations,
    });
    expect(filters.check(copy, { language: "en" })).toEqual(["copies-demonstration"]);
    expect(filters.check(other, { language: "en" })).toEqual([]);
    const off = filtersWith({ copiedDemonstrations: false, demonstrations });
    expect(off.check(copy, { language: "en" })).toEqual([]);
  });

  it("finds a real text that is given back, whole or with a word more", () => {
    const filters = filtersWith({ memorised: true, real: demonstrations });
    for (const text of demonstrations) {
      expect(filters.check(text.toUpperCase(), { language: "en" })).toEqual(["memorised"]);
    }
    expect(filters.check("Wir freuten uns: die Zimmer waren sauber.", { language: "en" })).toEqual([]);
  });

  it("finds a passage of twenty words of a long text, and none of nineteen", () => {
    const numbered = (from: number, to: number, word: string) =>
      Array.from(
        { length: to - from },
        (_, i) => `${word}${String.fromCharCode(97 + ((from + i) % 26))}${from + i}`,
      );
    const source = numbered(0, 200, "s");
    const find = copyFilter([source.join(" ")], 0.9);
    for (const [count, found] of [
      [20, true],
      [19, false],
    ] as const) {
      const text = [...numbered(0, 60, "x"), ...source.slice(50, 50 + count), ...numbered(60, 120, "y")];
      expect(find(text.join(" "), text)).toBe(found);
    }
  });
});

describe("a configuration's filters", () => {
  const recipe = recipeSchema.parse({
    name: "run",
    model: { source: "tinyllama" },
    task: { labels: ["good", "bad"], languages: ["sl", "de"], prompt: "paper-a/sentiment" },
    contrast: [{ class: "good", texts: ["a"] }],
    samples: { perLabel: 4 },
    demonstrations: { file: "d.jsonl", count: 1, shortest: 1 },
    filters: { echo: false },
  });
  const demonstrations = ["sl", "de"].flatMap((language) =>
    ["good", "bad"].map((label) => ({
      text: `Zgled ${label} besedila v ${language}, ki je tu.`,
      label,
      language,
    })),
  );
  const row = (
    configuration: string,
    language: string,
    text: string,
    filters: FilterName[] = [],
  ): Sample => ({
    id: `${configuration}/${language}/good/0`,
    configuration,
    language,
    label: "good",
    index: 0,
    seed: 1,
    text,
    tokens: 1,
    finish: "end",
    filters,
  });
  const of = (name: "zero-shot" | "few-shot", rows: readonly Sample[]) =>
    createFiltersOf(
      {
        recipe,
        prompts: () => "prompt",
        human: { demonstrations, real: ["Resnično besedilo, ki ga je nekdo napisal."] },
      },
      rows,
      () => true,
    )({ name, prompting: name });

  it("know its accepted rows alone, of rows that older versions wrote too", () => {
    const rows = [
      row("zero-shot", "sl", "Hotel je bil čist in miren, zajtrk pa dober."),
      row("zero-shot", "sl", "Vlak je danes spet zamujal celo uro.", ["loop"]),
      row("few-shot", "sl", "Knjiga je dolga, a se lepo bere do konca."),
    ];
    const filters = of("zero-shot", rows);
    const check = (text: string, language = "sl") => filters.check(text, { language });
    expect(check("Hotel je bil čist in miren, zajtrk je pa dober.")).toEqual(["near-duplicate"]);
    expect(check("Hotel je bil čist in miren, zajtrk je pa dober.", "de")).toEqual([]);
    expect(check("Vlak je danes spet zamujal celo uro.")).toEqual([]);
    expect(check("Knjiga je dolga, a se lepo bere do konca.")).toEqual([]);
    expect(check("Resnično besedilo, ki ga je nekdo napisal!")).toEqual(["memorised"]);
  });

  it("compare with demonstrations where the prompt shows them", () => {
    const copy = "Zgled good besedila v sl, ki je tu in tam.";
    expect(of("few-shot", []).check(copy, { language: "sl" })).toEqual(["copies-demonstration"]);
    expect(of("zero-shot", []).check(copy, { language: "sl" })).toEqual([]);
  });
});
