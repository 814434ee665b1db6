import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./render-markdown.js";
import { renderReport } from "./render-report.js";
import type { RunReport } from "./run-report.js";
import { combinedReport, emptyReport, exampleReport, guidedReport, studyReport } from "./test-report.js";

const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\u202e\u0000</bdi></blockquote></main>`;

/** Every text of a report replaced: nothing that comes from outside may reach the page as markup. */
function hostile(value: unknown): unknown {
  if (typeof value === "string") return HOSTILE;
  if (Array.isArray(value)) return value.map(hostile);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hostile(inner)]));
}

/** Every number replaced by one that a failed measurement could give. */
function broken(value: unknown): unknown {
  if (typeof value === "number") return Number.NaN;
  if (Array.isArray(value)) return value.map(broken);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, broken(inner)]));
}

const VOID = new Set(["meta"]);
const TAGS = /<(\/?)([a-z0-9]+)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*(\/?)>/gi;

/** Tags in their order; throws when they do not nest, or when a `<` or `>` is not part of one. */
function parse(page: string): { name: string; attributes: string }[] {
  const body = page.replace("<!doctype html>", "").replace(/<style>[^<]*<\/style>/, "");
  const open: string[] = [];
  const all: { name: string; attributes: string }[] = [];
  for (const [, close, name = "", attributes = "", self] of body.matchAll(TAGS)) {
    if (close) {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last}>`);
      continue;
    }
    all.push({ name, attributes });
    if (self === "" && !VOID.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join()}`);
  const rest = body.replace(TAGS, "");
  if (/[<>]/.test(rest)) throw new Error(`stray ${/.{0,30}[<>].{0,30}/s.exec(rest)?.[0]}`);
  return all;
}

/** A cell of a heat map and the frame of the chosen one. */
const CELL = /<path d="M[\d.,]+h48v34h-48Z" fill="var\(--heat-\d\)"\/>/g;
const CHOSEN = /<path [^>]*stroke="var\(--mark\)" stroke-width="3"\/>/g;

const textOf = (page: string) => page.replace(/<style>[^<]*<\/style>/, "").replace(TAGS, " ");

const reports: [string, RunReport][] = [
  ["a full report", exampleReport],
  ["a run that has only begun", emptyReport],
  ["hostile text", hostile(exampleReport) as RunReport],
  ["numbers that are none", broken(exampleReport) as RunReport],
  ["guidance alone", guidedReport],
  ["hostile guidance", hostile(guidedReport) as RunReport],
  ["weights that are none", broken(guidedReport) as RunReport],
  ["steering and guidance", combinedReport],
  ["a study", studyReport],
  ["a hostile study", hostile(studyReport) as RunReport],
  ["a study's numbers that are none", broken(studyReport) as RunReport],
  [
    "a study of which nothing was left",
    {
      ...studyReport,
      arms: [],
      pilot: [],
      chosen: undefined,
      references: [],
      curves: [],
      study: { ...studyReport.study!, tried: 0, rounds: [], rows: [], correlations: [] },
    },
  ],
  ["one arm", { ...studyReport, arms: studyReport.arms.slice(0, 1), references: [] }],
  [
    "arms without scores",
    {
      ...exampleReport,
      arms: exampleReport.arms.map((arm) => ({ ...arm, score: undefined, classifier: undefined })),
    },
  ],
];

describe.each(reports)("the page of %s", async (_, report) => {
  const page = await renderReport(report);

  it("is well-formed, and its tags and attributes are ours alone", () => {
    const names = new Set(parse(page).map(({ name }) => name));
    for (const name of ["script", "img", "link", "iframe", "a", "form", "object", "image", "use"]) {
      expect(names.has(name), name).toBe(false);
    }
  });

  it("asks for nothing from outside, and forbids it", () => {
    for (const { attributes } of parse(page)) {
      expect(attributes.replace(/"[^"]*"/g, "")).not.toMatch(/\s(?:on\w+|src|href|srcset|action|style)=/i);
    }
    expect(page).not.toMatch(/https?:|url\(|@import/);
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;`,
    );
  });

  it("has no NaN, undefined, or object in its text or its geometry", () => {
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(renderMarkdown(report)).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it("has no character that HTML forbids", async () => {
    expect(page.replace(/[\n\t]/g, "")).not.toMatch(/\p{Cc}|\p{Surrogate}/u);
  });
});

describe("renderReport", async () => {
  const page = await renderReport(exampleReport);
  const text = textOf(page);

  it("begins with the verdict, as it is", () => {
    expect(page).toContain(`<p class="verdict"><bdi>${exampleReport.verdict}</bdi></p>`);
    expect(page.indexOf(exampleReport.verdict)).toBeLessThan(page.indexOf("<h2>"));
  });

  it.each([
    ["macro-F1 and its deviation", ["0.742", "± 0.013", "0.719", "0.730"]],
    ["scores", ["0.68", "0.87", "0.64", "0.58"]],
    ["counts", ["1191", "1264", "71\u202f230", "220\u202f240"]],
    ["comparisons", ["+0.024", "+0.009", "+0.038", "−0.003"]],
    ["the chosen configuration", ["mean-difference@10x0.2", "chosen for the run"]],
    ["the sweep", ["collapsed", "not tried", "length added"]],
    ["the recipe and the model", ["source: tinyllama", "0123456789abcdef", "1 h 10 min"]],
    ["the filters", ["repeats itself", "wrong language", "same as another"]],
    ["what the numbers mean", ["varied", "reads like the human texts", "overall", "language + label right"]],
  ])("shows %s", (_, parts) => {
    for (const part of parts) expect(text).toContain(part);
  });

  it("marks each text with its language and lets it have its own direction", () => {
    expect(page).toContain('<blockquote dir="auto" lang="he">הסרט');
    expect(page).toContain("The acting is great. &lt;b&gt;Great&lt;/b&gt; &amp; fun.");
  });

  it("shows texts of one label and language side by side, an arm without texts too", () => {
    const hebrew = page.slice(page.indexOf("<bdi>he</bdi>"), page.indexOf("<bdi>th</bdi>"));
    for (const arm of exampleReport.arms) expect(hebrew).toContain(`<h4><bdi>${arm.title}</bdi></h4>`);
    expect(hebrew.match(/<blockquote/g)).toHaveLength(2);
    expect(hebrew).toContain("No text to show.");
  });

  it("emphasises the best of each measure alone", () => {
    const row = page.slice(page.indexOf('<th scope="row"><bdi>Few-shot'));
    expect(row).toMatch(/^[\s\S]*?<td class="number best" data-name="language \+ label right"><span>0\.93</);
    expect(page.match(/class="number best" data-name="overall"/g)).toHaveLength(1);
  });

  it("has maps for each method and operation where there are several, and says neither where there is one", async () => {
    const more = exampleReport.pilot.map((result) => ({
      ...result,
      configuration: result.configuration.replace("@", ".rotate@"),
      operation: "rotate",
    }));
    const several = await renderReport({ ...exampleReport, pilot: [...exampleReport.pilot, ...more] });
    const maps = (html: string) => html.match(/<figure><h3>/g)?.length;
    expect([maps(page), maps(several)]).toEqual([4, 8]);
    expect(several).toContain("<h3><bdi>add</bdi></h3>");
    expect(several).toContain("<h3><bdi>rotate</bdi></h3>");
    expect(textOf(several)).toContain("mean-difference");
    expect(page).not.toContain("<bdi>add</bdi>");
    const other = exampleReport.pilot.map((result) => ({ ...result, method: "lda" }));
    const methods = await renderReport({ ...exampleReport, pilot: [...exampleReport.pilot, ...other] });
    expect(methods).toContain("<h3><bdi>lda</bdi></h3>");
  });

  it("has maps of γ and η for guidance alone, and the numbers of each cell", async () => {
    const guided = await renderReport(guidedReport);
    expect(guided.match(/<figure><h3>/g)).toHaveLength(4);
    expect(guided).toContain("The sweep over the weights of guidance");
    expect(guided).toMatch(/aria-label="Diversity by γ and η\. Highest: [\d.]+ at γ 0\.6, η 0\.6\."/);
    expect(guided.match(CELL)).toHaveLength(4 * 6);
    expect(guided.match(CHOSEN)).toHaveLength(4);
    expect(textOf(guided)).not.toMatch(/length added|layer →/);
    expect(guided).toMatch(/<th scope="col" class="number">γ<\/th><th scope="col" class="number">η<\/th>/);
  });

  it("has one row of cells where one weight was swept, and no map of a single cell", async () => {
    const swept = guidedReport.pilot.filter(({ guidance }) => guidance?.gamma === 0.2);
    const one = swept.map((result) => ({
      ...result,
      guidance: { preset: "negative-prompt", eta: result.guidance!.eta },
    }));
    expect(await renderReport({ ...guidedReport, pilot: one })).toMatch(
      /aria-label="Diversity by η\. Highest/,
    );
    const single = await renderReport({ ...guidedReport, pilot: one.slice(0, 1) });
    expect(single).not.toContain("<figure><h3>");
    expect(single).toContain("One configuration was tried.");
  });

  it("cuts through the chosen configuration where steering and guidance were both swept", async () => {
    const both = await renderReport(combinedReport);
    expect(both.match(/<figure><h3>/g)).toHaveLength(8);
    expect(both).toContain("<h3><bdi>with steer, γ 0.2, η 0.6</bdi></h3>");
    expect(both).toContain("<h3><bdi>with mean-difference@10x0.2</bdi></h3>");
    // Eleven configurations of steering, six cells of guidance.
    expect(both.match(CELL)).toHaveLength(4 * (11 + 6));
    expect(both.match(CHOSEN)).toHaveLength(8);
  });

  it("shows of a study what classifiers reach, in figures and as tables", async () => {
    const found = await renderReport(studyReport);
    const count = (name: string) => found.match(new RegExp(`<svg class="figure ${name}"`, "g"))?.length;
    expect([
      count("heat-map"),
      count("scatter-plot"),
      count("learning-curves"),
      count("interval-plot"),
    ]).toEqual([5, 4, 1, 1]);
    const words = textOf(found).replace(/\s+/g, " ");
    for (const part of [
      "Trained: n-grams and logistic regression .",
      "Human texts 0.810 ± 0.021 0.910 ± 0.010 0.830 ± 0.020 3 300",
      "steered − zero-shot +0.024 +0.009 to +0.038 better",
      "200 0.699 ± 0.026",
      "ลบ 0.565 0.715 0.640 41",
      "Brier score 0.350",
      "instruction-tuned, steered npm:small 600 0.750 ± 0.010 – 0.760 ± 0.010 0.090 +0.070 (+0.020 to +0.120), p 0.008",
      "of it 10 min 22 s of scoring",
      "mean-difference@16x0.3 could not be written: The engine ended: &lt;unknown&gt;.",
    ]) {
      expect(words).toContain(part);
    }
    // As many rows and columns as labels.
    expect(found.match(/<table class="confusion">.*?<\/table>/s)?.[0].match(/<td/g)).toHaveLength(36);
  });

  it("names what AUROC is where classifiers are compared by it", async () => {
    const arms = studyReport.arms.map((arm) => ({
      ...arm,
      classifier: { ...arm.classifier!, metric: "auroc" },
    }));
    const words = textOf(await renderReport({ ...studyReport, arms, references: [] }));
    expect(words).toContain("The area under its ROC curve");
    expect(words).not.toContain("1 is perfect, and every label counts the same");
  });

  it("stays readable with 200 configurations, 30 languages and a text of 10,000 characters", async () => {
    const pilot = Array.from({ length: 200 }, (_, i) => ({
      ...exampleReport.pilot[0]!,
      configuration: `mean-difference@${Math.floor(i / 10)}x0.${i % 10}`,
      layers: [Math.floor(i / 10)],
      strength: (i % 10) / 10,
    }));
    const arms = pilot.map(({ configuration }) => ({
      ...studyReport.arms[0]!,
      name: configuration,
      title: configuration,
      configuration,
    }));
    const samples = Array.from({ length: 60 }, (_, i) => ({
      arm: arms[i]!.name,
      label: "positive",
      language: `l${Math.floor(i / 2)}`,
      text: "ภาษาไทย ".repeat(1250),
    }));
    const study = {
      ...studyReport.study!,
      rows: pilot.map(({ configuration }) => ({ ...studyReport.study!.rows[0]!, configuration })),
      failures: pilot.map(({ configuration }) => ({ configuration, message: "It ended." })),
    };
    const large = await renderReport({ ...studyReport, arms, pilot, samples, study, chosen: undefined });
    expect(large.match(CELL)).toHaveLength(5 * 200);
    expect(large).toContain("The other 180");
    expect(large).toContain("The 24 highest of 201.");
    expect(large).toContain("195 more configurations could not be written.");
    expect(large.length).toBeLessThan(4_000_000);
    expect(() => parse(large)).not.toThrow();
  });

  it("gives the same bytes each time", async () => {
    expect(await renderReport(exampleReport)).toBe(page);
  });
});
