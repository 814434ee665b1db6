import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const folder = new URL("../../examples/quickstart/", import.meta.url);

/** Lines of a file that must end with a newline and hold no empty line. */
function lines(name: string): string[] {
  const text = readFileSync(new URL(name, folder), "utf8");
  expect(text.endsWith("\n"), `${name} ends with a newline`).toBe(true);
  return text.slice(0, -1).split("\n");
}

interface Row {
  readonly text: string;
  readonly label: string;
}

function rows(name: string): Row[] {
  return lines(name).map((line) => JSON.parse(line) as Row);
}

const contrast = { positive: lines("contrast-positive.txt"), negative: lines("contrast-negative.txt") };
const test = rows("test.jsonl");
const demonstrations = rows("demonstrations.jsonl");

const texts = {
  "contrast-positive.txt": contrast.positive,
  "contrast-negative.txt": contrast.negative,
  "test.jsonl": test.map((row) => row.text),
  "demonstrations.jsonl": demonstrations.map((row) => row.text),
};

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** Lower-case words without punctuation. */
function words(text: string): string[] {
  return [...segmenter.segment(text.toLowerCase())]
    .filter((segment) => segment.isWordLike)
    .map((segment) => segment.segment);
}

function runs(text: string, length: number): string[] {
  const all = words(text);
  return all.slice(length - 1).map((_, start) => all.slice(start, start + length).join(" "));
}

/** Every run of `length` words that a text of `a` shares with a text of `b`. */
function sharedRuns(a: readonly string[], b: readonly string[], length: number): string[] {
  const known = new Set(a.flatMap((text) => runs(text, length)));
  return b.flatMap((text) => runs(text, length)).filter((run) => known.has(run));
}

function countByLabel(of: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of of) counts[row.label] = (counts[row.label] ?? 0) + 1;
  return counts;
}

describe("the quickstart's texts", () => {
  it("hold as many texts as promised, half of them of each label", () => {
    expect(contrast.positive).toHaveLength(100);
    expect(contrast.negative).toHaveLength(100);
    expect(countByLabel(test)).toEqual({ negative: 80, positive: 80 });
    expect(countByLabel(demonstrations)).toEqual({ negative: 30, positive: 30 });
  });

  it("are rows of a text and a label, and nothing else", () => {
    for (const row of [...test, ...demonstrations]) {
      expect(Object.keys(row)).toEqual(["text", "label"]);
      expect(typeof row.text).toBe("string");
      expect(["negative", "positive"]).toContain(row.label);
    }
  });

  it.each(Object.entries(texts))("%s is trimmed printable ASCII of whole sentences", (_, of) => {
    for (const text of of) {
      expect(text).toMatch(/^[A-Z][\x20-\x7e]*[.!?]$/);
      expect(text).not.toMatch(/ {2}/);
      expect(text.normalize("NFC")).toBe(text);
    }
  });

  it.each([
    ["contrast-positive.txt", 8, 20],
    ["contrast-negative.txt", 8, 20],
    ["test.jsonl", 8, 40],
    ["demonstrations.jsonl", 6, 20],
  ] as const)("%s has texts of %i to %i words", (name, shortest, longest) => {
    const outside = texts[name].filter((text) => {
      const count = words(text).length;
      return count < shortest || count > longest;
    });
    expect(outside).toEqual([]);
  });

  it("hold no text twice, in one file or in two", () => {
    const seen = new Map<string, string>();
    const repeated: string[] = [];
    for (const text of Object.values(texts).flat()) {
      const key = words(text).join(" ");
      if (seen.has(key)) repeated.push(text);
      seen.set(key, text);
    }
    expect(repeated).toEqual([]);
  });

  it("share no run of five words between contrast, test and demonstrations", () => {
    const both = [...contrast.positive, ...contrast.negative];
    expect(sharedRuns(both, texts["test.jsonl"], 5)).toEqual([]);
    expect(sharedRuns(both, texts["demonstrations.jsonl"], 5)).toEqual([]);
    expect(sharedRuns(texts["test.jsonl"], texts["demonstrations.jsonl"], 5)).toEqual([]);
  });

  it("pair two different texts of similar length about the same thing", () => {
    const far: string[] = [];
    for (const [index, positive] of contrast.positive.entries()) {
      const negative = contrast.negative[index]!;
      const shared = words(positive).filter((word) => words(negative).includes(word));
      expect(negative).not.toBe(positive);
      if (shared.length < 2) far.push(`${positive} | ${negative}`);
      if (Math.abs(words(positive).length - words(negative).length) > 5)
        far.push(`${positive} | ${negative}`);
    }
    expect(far).toEqual([]);
  });

  it("do not give the label away by their length", () => {
    const mean = (of: readonly string[]) => of.reduce((sum, text) => sum + words(text).length, 0) / of.length;
    const ofLabel = (label: string) => test.filter((row) => row.label === label).map((row) => row.text);
    expect(Math.abs(mean(contrast.positive) - mean(contrast.negative))).toBeLessThan(1);
    expect(Math.abs(mean(ofLabel("positive")) - mean(ofLabel("negative")))).toBeLessThan(1);
  });
});
