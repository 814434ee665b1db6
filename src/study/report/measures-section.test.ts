import { describe, expect, it } from "vitest";
import { DEFINITIONS } from "../../score/definitions.js";
import { escapeText } from "./markup.js";
import { measuresSection } from "./measures-section.js";
import { arms } from "./test-report.js";

const page = measuresSection(arms).source;
const text = page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

describe("measuresSection", () => {
  it("is not there where nothing was measured", () => {
    expect(measuresSection([]).source).toBe("");
    expect(measuresSection(arms.map((arm) => ({ ...arm, measures: undefined }))).source).toBe("");
  });

  it("shows a value with its error, the human one at equal size and the part of it", () => {
    expect(text).toContain("0.710 ± 0.012 human 0.887, against 0.682 relative 0.768 ± 0.020");
    expect(text).toContain("143 ± 1");
  });

  it("shows a reason where there is no value, once for all arms that share it", () => {
    expect(text.match(/– there are no human texts to compare with/g)).toHaveLength(3);
  });

  it("has the definition of each measure behind its name", () => {
    for (const id of ["distinct2", "vendiScore", "mauve", "meanWords"] as const) {
      const { name, meaning, formula } = DEFINITIONS[id];
      const row = page.slice(page.indexOf(`<summary><bdi>${escapeText(name)}</bdi></summary>`));
      expect(row.slice(0, row.indexOf("</details>")), id).toContain(escapeText(meaning));
      expect(row.slice(0, row.indexOf("</details>")), id).toContain(escapeText(formula));
    }
  });

  it("says what texts were held against, and which languages a mean is without", () => {
    expect(text).toContain("copies with the few-shot examples");
    expect(text).toContain("without id");
  });

  it("names encoder and judge, and has each language by itself where there are several", () => {
    expect(text).toContain("Embedded with character n-grams 2-4, hashed to 1024 .");
    expect(text).toContain("Judged by a judge, rubrics 1 .");
    expect(text).toContain("en alone");
    expect(text).toContain("id alone");
  });

  it("shows the scores of each language and label, and why one is missing", () => {
    expect(text).toContain(
      "Steered zero-shot en positive 600 0.87 0.85 to 0.89 – no text has a log-probability",
    );
  });

  it("shows a measure that it does not know by its own name", () => {
    expect(text).toMatch(/Other made-up 0\.500/);
  });
});
