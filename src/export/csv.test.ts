import { parse } from "csv-parse/sync";
import { expect, it } from "vitest";
import { csvText } from "./csv.js";
import type { ExportRow } from "./export-row.js";

const row = (text: string, label = "a"): ExportRow => ({
  text,
  label,
  language: "en",
  id: `zero-shot/en/${label}/0`,
  configuration: "zero-shot",
  seed: 7,
});

it("reads back, in any script, with quotes, commas, line ends and spaces at the ends", () => {
  const texts = [
    'He said "no", twice.',
    "two\r\nlines\nthree",
    " spaces ",
    "",
    "ภาษาไทย",
    "שלום, עולם",
    "👩‍🌾\u2028x",
  ];
  const { lines, guarded, replaced } = csvText(texts.map((text) => row(text, "a,b")));
  expect(lines.every((line) => line.endsWith("\r\n"))).toBe(true);
  const read = parse(lines.join(""), { columns: true }) as Record<string, string>[];
  expect(read.map(({ text }) => text)).toEqual(texts);
  expect(read[0]).toMatchObject({ label: "a,b", seed: "7", id: "zero-shot/en/a,b/0" });
  expect([guarded, replaced]).toEqual([0, 0]);
});

it("puts one apostrophe before what a spreadsheet would run, which can be taken away again", () => {
  const texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'=1", "''-2", "'tis", "＝1", "a=1"];
  const { lines, guarded } = csvText(texts.map((text) => row(text)));
  const read = (parse(lines.join(""), { columns: true }) as { text: string }[]).map(({ text }) => text);
  expect(read.every((text) => !/^[=+\-@\t\r＝]/.test(text))).toBe(true);
  expect(guarded).toBe(8);
  expect(read.map((text) => (/^'+[=+\-@\t\r＝＋－＠]/.test(text) ? text.slice(1) : text))).toEqual(texts);
  expect(csvText([row("x", "=cmd")]).lines[1]).toContain(",'=cmd,");
});

it("replaces NUL characters and counts them", () => {
  const { lines, replaced } = csvText([row("a\0b")]);
  expect(lines[1]).toMatch(/^a\ufffdb,/);
  expect(replaced).toBe(1);
});
