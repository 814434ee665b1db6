import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./render-markdown.js";
import { emptyReport, studyReport } from "./test-report.js";

const markdown = renderMarkdown(studyReport);

describe("renderMarkdown", () => {
  it("begins with the title and the verdict", () => {
    expect(markdown.split("\n\n").slice(0, 2)).toEqual(["# film-reviews", `**${studyReport.verdict}**`]);
  });

  it.each([
    [
      "scores",
      "| Zero-shot prompting | <code>zero-shot</code> | 0.660 ± 0.021 | 0.61 | 0.90 | 0.70 | 0.41 |",
    ],
    ["classifiers", "| Human texts | 0.810 ± 0.021 | 0.910 ± 0.010 | 0.830 ± 0.020 | 3 | 300 |"],
    ["effect sizes", "| steered − zero-shot | +0.024 | +0.009 to +0.038 | better |"],
    ["curves", "| 200 | 0.699 ± 0.026 |"],
    [
      "the ranking",
      "| <code>mean-difference@4x0.1</code> | 2 | 24 | 0.64 | 0.82 | 0.47 | 0.61 (0.56 to 0.67) |",
    ],
    ["correlations", "| harmonic mean of the three | ρ = +0.60, p = 0.28 | 5 |"],
    ["failures", "| <code>mean-difference@16x0.3</code> | The engine ended: &lt;unknown\\>. |"],
    ["language models", "| zero-shot | hf:someone/model | 0 | 0.680 ± 0.000 | 0.62 to 0.74 |"],
    ["the sweep", "| <code>mean-difference@10x0.2</code> (chosen) | 10 | 0.2 | – | – |"],
    ["dropped texts", "| repeats itself | 9 | 9 | 60 |"],
    ["the cost", "| of it scoring | 10 min 22 s |"],
    ["the recipe", "```text\nname: film-reviews\n"],
  ])("has %s", (_, part) => expect(markdown).toContain(part));

  it("has as many cells in each row of a table as in its head", () => {
    const tables = markdown.match(/(?:^\|.*\|$\n?)+/gm) ?? [];
    expect(tables.length).toBeGreaterThan(10);
    for (const table of tables) {
      const widths = table
        .trim()
        .split("\n")
        .map((line) => line.replaceAll("\\|", "").split("|").length);
      expect(new Set(widths).size, table).toBe(1);
    }
  });

  it("lets no markup of a label or a text through", () => {
    expect(markdown).not.toContain("<script");
    const text = "```\n# out\n<img src=x>";
    const hostile = renderMarkdown({
      ...studyReport,
      title: "a\n# b | <b>",
      samples: [{ arm: "steered", label: "x|y", language: "en", text }],
    });
    expect(hostile.split("\n")[0]).toBe("# a \\# b \\| &lt;b\\>");
    expect(hostile).toContain(`\`\`\`\`text\n${text}\n\`\`\`\``);
    expect(hostile).toContain("### x\\|y · en");
  });

  it("stands a run that has only begun", () => {
    const text = renderMarkdown(emptyReport);
    expect(text).toContain("No texts have been written yet.");
    expect(text).toContain(emptyReport.verdict);
    expect(text).not.toMatch(/NaN|undefined/);
  });
});
