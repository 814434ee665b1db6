import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineError, InterruptedError, RecipeError, StoreError } from "../errors.js";
import { backTranslate, paperChain } from "./back-translate.js";
import { type BackTranslationOptions, makeBackTranslation } from "./back-translation-folder.js";
import type { Translator } from "./translator.js";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "tiller-back-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

/** Marks each word with the hop's languages; counts what it is asked. */
function fake(change: (text: string, from: string, to: string) => string = mark) {
  const asked: string[] = [];
  const translator: Translator = {
    name: "fake",
    async translate(texts, from, to) {
      for (const text of texts) asked.push(`${from}-${to} ${text}`);
      return texts.map((text) => change(text, from, to));
    },
  };
  return { translator, asked };
}

const mark = (text: string, _from: string, to: string) => (to === "en" ? `${text} back` : `${text} ${to}`);
const TEXTS = ["a small house", "the red car", "a small house", "nobody knows"];
const base = () => ({ out, language: "en", via: ["de", "zh", "de"], noise: 0 });
const read = (name: string) => readFileSync(join(out, name), "utf8");
const make = (more: Partial<BackTranslationOptions>) => makeBackTranslation(TEXTS, { ...base(), ...more });

test("a translator that gives another number of texts is refused", async () => {
  const translator: Translator = { name: "lossy", translate: async (texts) => texts.slice(1) };
  const failed = make({ translator });
  await expect(failed).rejects.toThrow(EngineError);
  await expect(failed).rejects.toThrow("lossy gave 2 translations of 3 texts from en to de");
});

test("paper A's chain", () => {
  expect(paperChain("sl")).toEqual(["sl", "de", "zh", "de", "sl"]);
  expect(paperChain("de")).toEqual(["de", "en", "zh", "en", "de"]);
});

test("the folder holds pairs with each hop, the contrast files line by line, and how they were made", async () => {
  const { translator, asked } = fake();
  const report = await make({ translator, source: "texts.txt" });
  expect(asked).toHaveLength(4 * 3);
  expect(report).toMatchObject({ class: "back-translated", pairs: 4, kept: 4, cachedHops: 0 });
  expect(read("human.en.txt")).toBe(`${TEXTS.join("\n")}\n`);
  expect(read("back-translated.en.txt").split("\n")[1]).toBe("the red car de zh de back");
  const [pair] = read("pairs.en.jsonl")
    .split("\n")
    .map((line) => line && JSON.parse(line));
  expect(pair).toEqual({
    text: "a small house",
    back_translated: "a small house de zh de back",
    language: "en",
    hops: [
      { from: "en", to: "de", translator: "fake", output: "a small house de" },
      { from: "de", to: "zh", translator: "fake", output: "a small house de zh" },
      { from: "zh", to: "de", translator: "fake", output: "a small house de zh de" },
      { from: "de", to: "en", translator: "fake", output: "a small house de zh de back" },
    ],
    flags: [],
    noise: 0,
    seed: 42,
  });
  const record = JSON.parse(read("provenance.en.json"));
  expect(record).toMatchObject({
    chain: ["en", "de", "zh", "de", "en"],
    source: { file: "texts.txt" },
    pairs: 4,
  });
  expect(report.recipe).toContain("  - class: back-translated\n    language: en\n    file: ");
});

test("stopped and torn, it goes on without asking for a finished batch, and ends with the same bytes", async () => {
  const whole = fake();
  await make({ translator: whole.translator, noise: 0.4, batch: 2 });
  const names = ["pairs.en.jsonl", "human.en.txt", "back-translated.en.txt", "provenance.en.json"];
  const expected = names.map(read);
  rmSync(out, { recursive: true });

  const first = fake();
  let calls = 0;
  const failing: Translator = {
    ...first.translator,
    translate(...args) {
      if (++calls === 4) throw new EngineError("lost");
      return first.translator.translate(...args);
    },
  };
  await expect(make({ translator: failing, noise: 0.4, batch: 2 })).rejects.toThrow("lost");
  // A killed process can leave half a line.
  const journal = join(out, "translations.hops.jsonl");
  writeFileSync(journal, `${read("translations.hops.jsonl")}{"key":"0123`);
  const second = fake();
  const report = await make({ translator: second.translator, noise: 0.4, batch: 2 });
  expect(first.asked.length).toBe(5);
  expect([...first.asked, ...second.asked].sort()).toEqual(whole.asked.sort());
  // The four texts' first hop, and the second one of three of them: one text is there twice.
  expect(report.cachedHops).toBe(4 + 3);
  expect(names.map(read)).toEqual(expected);
});

test("another translator, pair or text is translated anew; other noise is not for the first hop", async () => {
  await make({ translator: fake().translator });
  const again = fake();
  await make({ translator: again.translator, noise: 0.9 });
  expect(again.asked.filter((text) => text.startsWith("en-de"))).toEqual([]);
  expect(again.asked.length).toBeGreaterThan(0);
  const other = fake();
  await make({ translator: { ...other.translator, name: "other" } });
  expect(other.asked).toHaveLength(12);
});

test("pairs with flags are in pairs.jsonl, and in the contrast files only if wanted", async () => {
  const { translator } = fake((text, _, to) => {
    if (text.startsWith("the red") && to === "es") return `${text} ${"and so on ".repeat(200)}`;
    if (text.startsWith("the red")) return "the red car came";
    return text.startsWith("nobody") ? "" : text;
  });
  const options = { via: ["es"], translator };
  const flagsOf = () =>
    read("pairs.en.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).flags);
  await expect(make(options)).rejects.toThrow(
    /All 4 pairs have flags \(empty 1, unchanged 2, loop 1, long 1\)/,
  );
  expect(flagsOf()).toEqual([["unchanged"], ["loop", "long"], ["unchanged"], ["empty"]]);
  const report = await make({ ...options, keepFlagged: true });
  expect(report).toMatchObject({
    kept: 3,
    flagged: { empty: 1, unchanged: 2, language: 0, loop: 1, long: 1, short: 0 },
  });
  expect(read("back-translated.en.txt")).toBe("a small house\nthe red car came\na small house\n");
});

test("a translator that stays in the other language is caught", async () => {
  const spanish = "La cosecha de aceitunas fue muy mala este año y por eso los precios han subido mucho";
  const text = "The olive harvest was poor this year, and so the prices have doubled since the spring";
  const { translator } = fake(() => spanish);
  const options = { ...base(), via: ["es"], translator };
  await expect(makeBackTranslation([text], options)).rejects.toThrow(/flags \(language 1\)/);
});

test("an explosion is cut before the next hop", async () => {
  const { translator, asked } = fake((text, _, to) =>
    to === "es" ? `${text} ${"word ".repeat(5000)}` : text,
  );
  await make({ via: ["es"], translator, keepFlagged: true });
  const back = asked.filter((text) => text.startsWith("es-en"));
  expect(back.length).toBeGreaterThan(0);
  for (const text of back) expect(text.length).toBeLessThan(140);
});

test("where nothing translates, the class and every record say so", async () => {
  const report = await make({ translator: undefined, noise: 1 });
  expect(report).toMatchObject({ class: "corrupted", chain: ["en"], translator: "none", noise: 1 });
  expect(report.files.spoilt).toBe(join(out, "corrupted.en.txt"));
  const pair = JSON.parse(read("pairs.en.jsonl").split("\n")[0]!);
  expect(pair.hops).toEqual([{ from: "en", to: "en", translator: "none", output: "a small house" }]);
  expect(pair).not.toHaveProperty("back_translated");
  expect(pair.corrupted).not.toBe("a small house");
  expect(report.recipe).toContain("class: corrupted");
});

test("line breaks within a text are collapsed, so that the files stay pairs", async () => {
  const texts = ["one\ntwo\u2028three", "four"];
  await makeBackTranslation(texts, { ...base(), translator: fake().translator });
  expect(read("human.en.txt")).toBe("one two three\nfour\n");
});

test("impossible requests are refused before a text is translated", async () => {
  const { translator, asked } = fake();
  await expect(make({ translator, via: ["en"] })).rejects.toThrow(/goes from en to itself/);
  await expect(make({ translator, via: [] })).rejects.toThrow(/must lead over another language/);
  await expect(make({ translator, via: ["xx-none"] })).rejects.toThrow(RecipeError);
  await expect(make({ translator, noise: 2 })).rejects.toThrow(/noise must be from 0 to 1/);
  await expect(make({ translator, lengthRatio: 1 })).rejects.toThrow(/above 1/);
  const noPair = { ...translator, requirePair: () => Promise.reject(new EngineError("no pair")) };
  await expect(make({ translator: noPair })).rejects.toThrow("no pair");
  expect(asked).toEqual([]);
});

test("an abort keeps what is done; a folder is for one process at a time", async () => {
  const stop = new AbortController();
  const { translator, asked } = fake();
  const onHops = () => stop.abort();
  await expect(make({ translator, batch: 1, signal: stop.signal, onHops })).rejects.toThrow(InterruptedError);
  expect(asked).toHaveLength(1);
  const slow: Translator = {
    name: "slow",
    translate: async (texts) => {
      await expect(make({ translator })).rejects.toThrow(StoreError);
      return texts.map((text) => `${text} x`);
    },
  };
  await make({ translator: slow, via: ["es"] });
});

test("noise depends on the text, the hop and the seed, and on nothing else", async () => {
  const options = {
    chain: ["en", "es", "en"],
    translator: fake((text) => text).translator,
    noise: 0.5,
    seed: 1,
    lengthRatio: 3,
  };
  const texts = Array.from({ length: 30 }, (_, i) => `the ${i} birds of the island sing`);
  const all = await backTranslate(texts, options);
  const last = await backTranslate(texts.slice(20), options);
  expect(last).toEqual(all.slice(20));
  const other = await backTranslate(texts, { ...options, seed: 2 });
  expect(other.filter(({ spoilt }, i) => spoilt !== all[i]!.spoilt).length).toBeGreaterThan(20);
});
