import { describe, expect, it } from "vitest";
import { displayWidth, wrap } from "./display-width.js";
import { renderText } from "./render-text.js";
import { emptyReport, exampleReport } from "./test-report.js";

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");

describe("renderText", () => {
  it.each([120, 100, 80, 60, 40])("fits %d columns, but for the verdict, which is never broken", (width) => {
    const text = renderText(exampleReport, { width, color: false });
    for (const line of text.split("\n")) {
      const long = line === exampleReport.verdict || line.includes("tokens in");
      if (!long && displayWidth(line) > width) expect(line).toMatch(/^ {2}\S/);
    }
    expect(text.endsWith(`\n${exampleReport.verdict}\n`)).toBe(true);
  });

  it.each([120, 80, 40])("has the same numbers at %d columns", (width) => {
    const text = renderText(exampleReport, { width, color: false });
    for (const part of [
      "0.742 ± 0.013",
      "0.719 ± 0.015",
      "0.87",
      "0.68",
      "0.41",
      "1191/1264",
      "+0.024",
      "−0.003",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toMatch(/NaN|undefined/);
  });

  it("explains its words to a reader who knows none of them", () => {
    const text = renderText(exampleReport, { width: 200, color: false });
    for (const word of ["language + label right:", "reads like the human texts:", "varied:", "overall:"]) {
      expect(text).toContain(`- ${word}`);
    }
    expect(text).toContain("higher is better");
  });

  it("says a bad verdict as it says a good one", () => {
    const verdict = "Steering did worse than zero-shot prompting, by 0.11 macro-F1.";
    expect(renderText({ ...exampleReport, verdict }, { width: 80, color: false })).toContain(
      `\n${verdict}\n`,
    );
  });

  it("lines its columns up", () => {
    const lines = renderText(exampleReport, { width: 120, color: false }).split("\n");
    const rule = lines.findIndex((line) => line.startsWith("──"));
    const widths = lines.slice(rule, rule + 4).map(displayWidth);
    expect(new Set(widths).size).toBe(1);
  });

  it("differs with colour by colour alone", () => {
    const plain = renderText(exampleReport, { width: 100, color: false });
    const coloured = renderText(exampleReport, { width: 100, color: true });
    expect(plain).not.toMatch(ANSI);
    expect(coloured).toMatch(ANSI);
    expect(coloured.replace(ANSI, "")).toBe(plain);
  });

  it("stands a run that has only begun", () => {
    const text = renderText(emptyReport, { width: 80, color: false });
    expect(text).toContain("No texts have been written yet.");
    expect(text).toContain(emptyReport.verdict);
    expect(text).not.toMatch(/NaN|undefined/);
  });

  it("lets no control sequence and no change of direction through", () => {
    const text = renderText(
      {
        ...exampleReport,
        title: "\u001b]0;owned\u0007",
        verdict: "good\u001b[2J\u202e",
        notes: ["a\u009b31m"],
      },
      { width: 80, color: false },
    );
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
  });
});

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["日本", 4],
    ["한국", 4],
    ["สวัสดี", 4],
    ["👩‍👩‍👧", 2],
    ["\u200b", 0],
    ["±–−", 3],
  ])("of %j is %d", (text, width) => expect(displayWidth(text)).toBe(width));
});

describe("wrap", () => {
  it("breaks at spaces, and keeps a long word whole", () => {
    expect(wrap("one two  three", 7)).toEqual(["one two", "three"]);
    expect(wrap("a verylongword b", 4)).toEqual(["a", "verylongword", "b"]);
    expect(wrap("  ", 4)).toEqual([]);
  });
});
