import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TillerError } from "../errors.js";
import { words } from "../language/words.js";
import { harmonicMean } from "./harmonic.js";
import { buildReference } from "./reference.js";
import { type ScoreCard, type ScoredText, type ScoreRequest, scoreTexts } from "./score.js";

const THINGS = ["soup", "waiter", "bread", "music", "terrace", "bill", "dessert"];
const ENDS = ["cold", "kind", "stale", "loud", "sunny", "wrong", "sweet", "late", "small", "fine", "dull"];
const human = Array.from({ length: 24 }, (_, i) => ({
  text: `The ${THINGS[i % 7]} was ${ENDS[i % 11]} and the ${THINGS[(i * 3 + 1) % 7]} came ${ENDS[(i * 5 + 2) % 11]}, visit ${i}.`,
  language: "en",
}));
const reference = buildReference({
  texts: human,
  logProbabilities: { human: human.map((_, i) => -2 - i / 24), shuffled: human.map((_, i) => -5 - i / 24) },
  budget: 150,
  seed: 1,
});

/** Rules that a reader can apply by eye: a text is German when it says so, and positive when it is fine or kind. */
const checks = {
  matches: (text: string, language: string) => language === "en" && !text.includes("Deutsch"),
  predictLabel: (text: string) => (/fine|kind|sweet/.test(text) ? "positive" : "negative"),
};
const written: ScoredText[] = human.slice(0, 16).map(({ text }, i) => ({
  text: i % 4 === 3 ? `Deutsch ${text}` : text,
  label: checks.predictLabel(text),
  language: "en",
  finish: i % 8 === 0 ? "length" : "end",
}));
const score = (texts: readonly ScoredText[], more: Partial<ScoreRequest> = {}): ScoreCard =>
  scoreTexts({ texts, reference, seed: 3, ...checks, ...more });

/** Every number of a card, by its path. */
function numbers(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, part]) => numbers(part, `${path}.${key}`));
}

function expectInRange(card: ScoreCard): void {
  const counts = /\.(texts|words|meanWords|scored|budget|byteBudget)$/;
  for (const [path, value] of numbers(card)) {
    expect(Number.isFinite(value), `${path} ${value}`).toBe(true);
    // A little above 1 is right for compression of a few bytes, and log-probabilities are negative.
    const top = path.includes("compression") ? 1.2 : 1;
    if (path.endsWith(".logProbability")) expect(value, path).toBeLessThanOrEqual(0);
    else if (!counts.test(path)) expect(value >= 0 && value <= top, `${path} ${value}`).toBe(true);
  }
}

describe("scoreTexts", () => {
  it("puts success, coherence and diversity together", () => {
    const logProbabilities = written.map((_, i) => (i % 2 === 0 ? -2 : -4));
    const card = score(written, { logProbabilities });
    expect(card.success).toMatchObject({ value: 0.75, language: 0.75, label: 1 });
    const scale = reference.languages.get("en")!.scale!;
    const low = (-4 - scale.bottom) / (scale.top - scale.bottom);
    expect(card.coherence.value).toBeCloseTo((1 + low) / 2, 12);
    expect(card.coherence).toMatchObject({ scored: 16, truncatedRate: 2 / 16, emptyRate: 0, loopRate: 0 });
    expect(card.coherence.logProbability).toBeCloseTo(-3, 12);
    expect(card.coherence.human).toBeCloseTo(reference.languages.get("en")!.coherence!, 12);
    expect(card.diversity.value!).toBeGreaterThan(0.8);
    expect(card.harmonic).toBeCloseTo(
      harmonicMean([card.success.value!, card.coherence.value!, card.diversity.value!]),
      12,
    );
    expect(card.texts).toBe(16);
    expect(card.words).toBe(written.reduce((sum, { text }) => sum + words(text, "en").length, 0));
    expect(card.meanWords).toBe(card.words / 16);
    expect(card.notes.filter((note) => !note.includes("type-token"))).toEqual([]);
  });

  it("gives intervals that hold their values, and that shrink with more texts", () => {
    const logProbabilities = written.map((_, i) => -2 - (i % 5) / 2);
    const card = score(written, { logProbabilities });
    const intervals = [
      [card.success.interval, card.success.value],
      [card.coherence.interval, card.coherence.value],
      [card.harmonicInterval, card.harmonic],
    ] as const;
    for (const [interval, value] of intervals) {
      expect(interval!.low).toBeLessThan(value!);
      expect(interval!.high).toBeGreaterThan(value!);
    }
    const eight = Array.from({ length: 8 }, () => written).flat();
    const wide = card.success.interval!;
    const narrow = score(eight).success.interval!;
    expect(narrow.high - narrow.low).toBeLessThan((wide.high - wide.low) / 2);
  });

  it("scores coherence on the texts that log-probabilities are given for", () => {
    const card = score(written, { logProbabilities: [-2, -50], scoredIndices: [5, 9] });
    expect(card.coherence).toMatchObject({ value: 0.5, scored: 2, logProbability: -26 });
    expect(() => score(written, { logProbabilities: [-2] })).toThrow(TillerError);
    expect(() => score(written, { logProbabilities: [-2], scoredIndices: [16] })).toThrow("Text 16");
  });

  it("does not reward loops, however probable", () => {
    const loops = written.map((text) => ({
      ...text,
      text: "The soup was fine. ".repeat(12),
      label: "positive",
    }));
    const card = score(loops, { logProbabilities: loops.map(() => -0.05) });
    expect(card.coherence.loopRate).toBe(1);
    expect(card.coherence.value!).toBeLessThan(0.15);
    expect(card.diversity.value!).toBeLessThan(0.4);
    expect(card.harmonic!).toBeLessThan(0.3);
  });

  it("names what could not be measured", () => {
    const empty = score([]);
    expect(empty).toMatchObject({ harmonic: undefined, texts: 0, words: 0, meanWords: undefined });
    expect(empty.success.value).toBeUndefined();
    expect(empty.notes).toEqual(["There are no texts to score."]);

    const unscored = score(written);
    expect(unscored.coherence.value).toBeUndefined();
    expect(unscored.notes).toContain("Coherence was not measured: there are no log-probabilities.");
    expect(unscored.notes).toContain("There is no harmonic mean without coherence.");

    const swahili = score(
      written.map((text) => ({ ...text, language: "sw" })),
      { supports: () => false, logProbabilities: written.map(() => -2) },
    );
    expect(swahili.success).toMatchObject({ language: undefined, value: 1 });
    expect(swahili.notes.join(" ")).toContain("sw: no language identification knows it");
    expect(swahili.notes.join(" ")).toContain("sw: there are no human texts");

    const few = score(written.slice(0, 8));
    expect(few.diversity.budget).toBe(few.words);
    expect(few.notes.join(" ")).toContain(
      `compared at ${few.words} words instead of 150, all that the set has`,
    );
    const large = score(written, { budget: 100_000, reference: { ...reference, budget: 1 } });
    expect(large.notes.join(" ")).toContain("instead of 100000");
  });

  it.each<[string, ScoredText[]]>([
    ["one text", written.slice(0, 1)],
    ["the same text many times", new Array<ScoredText>(30).fill(written[0]!)],
    ["emoji", new Array<ScoredText>(5).fill({ text: "😀😀🎉", label: "positive", language: "en" })],
    ["empty texts", new Array<ScoredText>(5).fill({ text: "", label: "positive", language: "en" })],
    ["one word each", ["a", "b", "c"].map((text) => ({ text, label: "positive", language: "en" }))],
    ["a language code that is none", [{ text: "some text", label: "positive", language: "no code!" }]],
    ["lone surrogates", [{ text: "\ud800 a \udfff", label: "positive", language: "en" }]],
  ])("bears %s", (_, texts) => {
    expectInRange(score(texts));
    for (const logProbability of [-3, Number.NaN, Number.NEGATIVE_INFINITY]) {
      const card = score(texts, { logProbabilities: texts.map(() => logProbability) });
      expectInRange({ ...card, coherence: { ...card.coherence, logProbability: -1 } });
      expect(card.harmonic === undefined).toBe(card.notes.some((note) => note.includes("no harmonic mean")));
    }
  });

  it("counts a scored text without words as incoherent", () => {
    const texts = [written[0]!, { text: "😀", label: "positive", language: "en" }];
    expect(score(texts, { logProbabilities: [-2, Number.NaN] }).coherence).toMatchObject({
      value: 0.5,
      scored: 2,
      emptyRate: 0.5,
    });
  });

  it("bears a text of a megabyte", () => {
    const text = human
      .map(({ text }) => text)
      .join(" ")
      .repeat(700);
    expect(text.length).toBeGreaterThan(800_000);
    const card = score([{ text, label: "positive", language: "en" }], { logProbabilities: [-2] });
    expectInRange(card);
    expect(card.coherence.value!).toBeLessThan(0.05);
  });

  it("keeps languages apart", () => {
    const both = buildReference({
      texts: [...human, ...human.map(({ text }) => ({ text: text.toUpperCase(), language: "de" }))],
      budget: 60,
      seed: 1,
    });
    const english = written.slice(0, 12);
    const german = new Array<ScoredText>(4).fill({ ...written[0]!, language: "deu" });
    const alone = { en: score(english, { reference: both }), de: score(german, { reference: both }) };
    const together = score([...english, ...german], { reference: both });
    const expected = (12 * alone.en.diversity.value! + 4 * alone.de.diversity.value!) / 16;
    expect(together.diversity.value).toBeCloseTo(expected, 12);
  });

  it("turns over with the label that was asked for: what was right is wrong, in every script", () => {
    const signs: Readonly<Record<string, readonly [string, string]>> = {
      en: ["the soup was good", "the soup was bad"],
      am: ["ሾርባው ጥሩ ነበር", "ሾርባው መጥፎ ነበር"],
      th: ["ซุปอร่อยมาก", "ซุปแย่มาก"],
    };
    const predictLabel = (text: string): string =>
      Object.values(signs).some(([good]) => text.startsWith(good)) ? "positive" : "negative";
    const other = (label: string): string => (label === "positive" ? "negative" : "positive");
    for (const [language, [good, bad]] of Object.entries(signs)) {
      const texts = Array.from({ length: 12 }, (_, i) => ({
        text: `${i % 3 === 0 ? bad : good} ${i}`,
        label: i % 4 === 0 ? "negative" : "positive",
        language,
      }));
      const of = (some: readonly ScoredText[]) => score(some, { predictLabel, matches: () => true }).success;
      const there = of(texts);
      const back = of(texts.map((text) => ({ ...text, label: other(text.label) })));
      expect(there.value! + back.value!, language).toBeCloseTo(1, 12);
      expect(there.label!, language).toBeCloseTo(7 / 12, 12);
      expect(back.label!, language).toBeCloseTo(5 / 12, 12);
    }
  });

  it("does not depend on the order of the texts", () => {
    const logProbabilities = written.map((_, i) => -2 - i / 7);
    const first = score(written, { logProbabilities });
    const order = written.map((_, i) => (i * 5) % 16);
    const second = score(
      order.map((i) => written[i]!),
      { logProbabilities: order.map((i) => logProbabilities[i]!) },
    );
    expect(second).toEqual(first);
    // Without log-probabilities only the texts tell equal requests apart, and resamples depend on their order.
    const mixed = written.map((text) => ({ text: text.text, language: "en", label: "positive" }));
    expect(score(order.map((i) => mixed[i]!))).toEqual(score(mixed));
  });

  it("stays in its range and keeps to its order for any text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc
        .array(fc.constantFrom("soup", "ጥሩ", "好吃", "ดีมาก", "fine", "😀"), { maxLength: 30 })
        .map((w) => w.join(" ")),
    );
    const item = fc.record({
      text,
      label: fc.constantFrom("positive", "negative"),
      language: fc.constantFrom("en", "am", "eng"),
      logProbability: fc.double({ min: -20, max: 0, noNaN: false }),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const logProbabilities = (of: typeof items) => of.map((one) => one.logProbability);
        const card = score(items, { logProbabilities: logProbabilities(items) });
        expectInRange(card);
        const reversed = [...items].reverse();
        expect(score(reversed, { logProbabilities: logProbabilities(reversed) })).toEqual(card);
      }),
      { seed: 10, numRuns: 60 },
    );
  });

  it("gives a duplicated set no more diversity between texts", () => {
    const once = score(written);
    const twice = score([...written, ...written]);
    const tenfold = score(Array.from({ length: 10 }, () => written).flat());
    expect(twice.diversity.setLevel!).toBeLessThanOrEqual(once.diversity.setLevel!);
    expect(tenfold.diversity.setLevel!).toBeLessThanOrEqual(once.diversity.setLevel!);
    expect(twice.diversity.sampleLevel).toBeCloseTo(once.diversity.sampleLevel!, 12);
  });
});
