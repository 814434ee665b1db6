import { describe, expect, it } from "vitest";
import { renderReport } from "./render-report.js";
import type { RunReport } from "./run-report.js";
import { combinedReport, emptyReport, exampleReport, guidedReport } from "./test-report.js";

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

const VOID = new Set(["meta", "line", "circle", "rect"]);
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
  [
    "arms without scores",
    {
      ...exampleReport,
      arms: exampleReport.arms.map((arm) => ({ ...arm, score: undefined, classifier: undefined })),
    },
  ],
];

describe.each(reports)("the page of %s", (_, report) => {
  const page = renderReport(report);

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
  });

  it("has no character that HTML forbids", () => {
    expect(page.replace(/[\n\t]/g, "")).not.toMatch(/\p{Cc}|\p{Surrogate}/u);
  });
});

describe("renderReport", () => {
  const page = renderReport(exampleReport);
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

  it("has maps for each method and operation where there are several, and says neither where there is one", () => {
    const more = exampleReport.pilot.map((result) => ({
      ...result,
      configuration: result.configuration.replace("@", ".rotate@"),
      operation: "rotate",
    }));
    const several = renderReport({ ...exampleReport, pilot: [...exampleReport.pilot, ...more] });
    const maps = (html: string) => html.match(/<figure><h3>/g)?.length;
    expect([maps(page), maps(several)]).toEqual([4, 8]);
    expect(several).toContain("<h3><bdi>add</bdi></h3>");
    expect(several).toContain("<h3><bdi>rotate</bdi></h3>");
    expect(textOf(several)).toContain("mean-difference");
    expect(page).not.toContain("<bdi>add</bdi>");
    const other = exampleReport.pilot.map((result) => ({ ...result, method: "lda" }));
    const methods = renderReport({ ...exampleReport, pilot: [...exampleReport.pilot, ...other] });
    expect(methods).toContain("<h3><bdi>lda</bdi></h3>");
  });

  it("has maps of γ and η for guidance alone, and the numbers of each cell", () => {
    const guided = renderReport(guidedReport);
    expect(guided.match(/<figure><h3>/g)).toHaveLength(4);
    expect(guided).toContain("The sweep over the weights of guidance");
    expect(guided).toMatch(/aria-label="Diversity by γ and η\. Highest: [\d.]+ at γ 0\.6, η 0\.6\."/);
    expect(guided.match(/<g class="heat-\d"><title>steer@/g)).toHaveLength(4 * 6);
    expect(guided.match(/class="chosen"/g)).toHaveLength(4);
    expect(textOf(guided)).not.toMatch(/length added|layer →/);
    expect(guided).toMatch(/<th scope="col" class="number">γ<\/th><th scope="col" class="number">η<\/th>/);
  });

  it("has one row of cells where one weight was swept, and no map of a single cell", () => {
    const swept = guidedReport.pilot.filter(({ guidance }) => guidance?.gamma === 0.2);
    const one = swept.map((result) => ({
      ...result,
      guidance: { preset: "negative-prompt", eta: result.guidance!.eta },
    }));
    expect(renderReport({ ...guidedReport, pilot: one })).toMatch(/aria-label="Diversity by η\. Highest/);
    const single = renderReport({ ...guidedReport, pilot: one.slice(0, 1) });
    expect(single).not.toContain("<figure><h3>");
    expect(single).toContain("One configuration was tried.");
  });

  it("cuts through the chosen configuration where steering and guidance were both swept", () => {
    const both = renderReport(combinedReport);
    expect(both.match(/<figure><h3>/g)).toHaveLength(8);
    expect(both).toContain("<h3><bdi>with steer, γ 0.2, η 0.6</bdi></h3>");
    expect(both).toContain("<h3><bdi>with mean-difference@10x0.2</bdi></h3>");
    // Eleven configurations of steering, six cells of guidance.
    expect(both.match(/<g class="heat-\d"><title>/g)).toHaveLength(4 * (11 + 6));
    expect(both.match(/class="chosen"/g)).toHaveLength(8);
  });

  it("gives the same bytes each time", () => {
    expect(renderReport(exampleReport)).toBe(page);
  });
});
