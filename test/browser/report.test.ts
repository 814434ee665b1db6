/** The report in a real browser: on a telephone and on a desk, light and dark, on paper, and with hostile text. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../../src/study/report/render-report.js";
import type { RunReport } from "../../src/study/report/run-report.js";
import { combinedReport, emptyReport, studyReport } from "../../src/study/report/test-report.js";

const executable = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));
const isRequired = (process.env.TILLER_REQUIRE_SERVICES ?? "").split(/[\s,]+/).includes("chromium");
/** Where screenshots are kept, for a person to look at. */
const shots = process.env.TILLER_SCREENSHOTS;

const HOSTILE = `</svg></style><script>document.title="owned"</script><img src="http://192.0.2.1/a.png"> \u202e😀 日本`;
const folder = mkdtempSync(join(tmpdir(), "tiller-browser-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

if (isRequired && executable === undefined) {
  test("chromium", () => {
    throw new Error("TILLER_REQUIRE_SERVICES asks for chromium: install it, or name it with CHROMIUM");
  });
}

describe.skipIf(executable === undefined)("the report in Chromium (skipped without it)", () => {
  let browser: Browser;
  beforeAll(async () => {
    // A container's root has no sandbox; the page is ours, and its content policy forbids scripts.
    browser = await chromium.launch({ executablePath: executable!, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  interface Look {
    readonly width?: number;
    readonly colorScheme?: "light" | "dark";
  }

  /** Opens a report; what the page says and asks for on the way is collected. */
  async function open(name: string, report: RunReport, { width = 1440, colorScheme = "light" }: Look = {}) {
    const path = join(folder, `${name}.html`);
    if (!existsSync(path)) writeFileSync(path, await renderReport(report));
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    const asked: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    return { page, said, asked, url: pathToFileURL(path).href };
  }

  test.each([
    { width: 390, colorScheme: "light" },
    { width: 390, colorScheme: "dark" },
    { width: 1440, colorScheme: "light" },
    { width: 1440, colorScheme: "dark" },
  ] as const)("is whole at $width pixels, $colorScheme", async (look) => {
    const { page, said, asked, url } = await open("study", studyReport, look);
    if (shots) {
      await page.screenshot({
        path: join(shots, `report-${look.width}-${look.colorScheme}.png`),
        fullPage: true,
      });
    }
    // The scale's legend, five maps, four scatter plots, intervals, curves.
    const figures = await boxesOf(page, "svg");
    expect(figures).toHaveLength(12);
    for (const { width, height } of figures) {
      expect(Math.min(width, height)).toBeGreaterThan(25);
      expect(width).toBeLessThanOrEqual(look.width);
    }
    await openDetails(page);
    expect(await page.evaluate("document.scrollingElement.scrollWidth")).toBeLessThanOrEqual(look.width);
    expect(await page.evaluate(OVERLAPS)).toEqual([]);
    expect(await page.evaluate(OUTSIDE)).toEqual([]);
    expect(await page.evaluate(UNPAINTED)).toEqual([]);
    expect(said).toEqual([]);
    expect(asked).toEqual([url]);
    await page.close();
  });

  test("has other colours in the dark, and the light ones on paper", async () => {
    const { page } = await open("study", studyReport, { colorScheme: "dark" });
    const colours = () =>
      page.evaluate<string[]>(
        `["body", "svg .cell path"].map((of) => getComputedStyle(document.querySelector(of))[of === "body" ? "backgroundColor" : "fill"])`,
      );
    const dark = await colours();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await colours();
    expect(light[0]).toBe("rgb(255, 255, 255)");
    expect(dark[0]).not.toBe(light[0]);
    expect(dark[1]).not.toBe(light[1]);
    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    expect(await colours()).toEqual(light);
    await page.close();
  });

  test("shows hostile text as text", async () => {
    const { page, said, asked, url } = await open("hostile", hostile(studyReport), { width: 390 });
    await openDetails(page);
    expect(await page.evaluate("document.title")).toContain("</svg>");
    expect(await page.evaluate("document.querySelectorAll('script, img, a, link').length")).toBe(0);
    expect(await page.evaluate("document.querySelector('.interval-plot .name text').textContent")).toContain(
      "</svg></style><script>",
    );
    expect(await boxesOf(page, "svg")).toHaveLength(12);
    expect(await page.evaluate(OVERLAPS)).toEqual([]);
    expect(await page.evaluate(OUTSIDE)).toEqual([]);
    expect(await page.evaluate("document.scrollingElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(said).toEqual([]);
    expect(asked).toEqual([url]);
    await page.close();
  });

  test.each([
    ["combined", combinedReport, 10],
    ["empty", emptyReport, 0],
  ] as const)("of a run that is %s has its figures and fits a telephone", async (name, report, figures) => {
    const { page, said } = await open(name, report, { width: 390 });
    expect(await boxesOf(page, "svg")).toHaveLength(figures);
    await openDetails(page);
    expect(await page.evaluate("document.scrollingElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(said).toEqual([]);
    await page.close();
  });
});

/** Every text of a report replaced. */
function hostile(report: RunReport): RunReport {
  const replaced = (value: unknown): unknown => {
    if (typeof value === "string") return HOSTILE;
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]));
  };
  // Figures are found by these names.
  const { pilot, chosen, study } = report;
  return { ...(replaced(report) as RunReport), pilot, chosen, study };
}

function boxesOf(page: Page, selector: string): Promise<{ width: number; height: number }[]> {
  return page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((found) => { const { width, height } = found.getBoundingClientRect(); return { width, height }; })`,
  );
}

async function openDetails(page: Page): Promise<void> {
  await page.evaluate(`for (const found of document.querySelectorAll("details")) found.open = true`);
}

/** Texts of a figure that lie over one another, by more than the room that a font keeps above and below. */
const OVERLAPS = `[...document.querySelectorAll("svg")].flatMap((svg) => {
  const texts = [...svg.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  return texts.flatMap((a, at) => texts.slice(at + 1).flatMap((b) => {
    const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    return across > 1 && down > 5 ? [svg.classList[1] + ": " + a.text + " and " + b.text] : [];
  }));
})`;

/** Texts that stand out of their figure. */
const OUTSIDE = `[...document.querySelectorAll("svg")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].flatMap((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const most = Math.max(frame.left - left, right - frame.right, frame.top - top, bottom - frame.bottom);
    return most > 3 ? [svg.classList[1] + ": " + text.textContent + " by " + Math.round(most)] : [];
  });
})`;

/** Texts and shapes whose colour names a variable that the page lacks: they would be black, or not there. */
const UNPAINTED = `[...document.querySelectorAll("svg [fill^=var], svg [stroke^=var]")].flatMap((found) =>
  ["fill", "stroke"].flatMap((name) => {
    const variable = /^var\\((.*)\\)$/.exec(found.getAttribute(name) ?? "")?.[1];
    return variable && getComputedStyle(found).getPropertyValue(variable) === "" ? [variable] : [];
  }))`;
