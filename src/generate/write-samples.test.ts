import { expect, test } from "vitest";
import type { FilterName, Sample } from "../store/sample.js";
import type { Configuration } from "./configuration.js";
import { nextItems, type Order } from "./write-samples.js";

const TASK = { languages: ["en", "de"], labels: ["a", "b"] };
const configuration: Configuration = { name: "zero-shot", prompting: "zero-shot" };
const written: Order = { configuration, counts: "written", wanted: 3, limit: 3 };
const kept: Order = { configuration, counts: "kept", wanted: 10, limit: 15 };

function rows(language: string, label: string, filters: readonly (readonly FilterName[])[]): Sample[] {
  return filters.map((failed, index) => ({
    id: `zero-shot/${language}/${label}/${index}`,
    configuration: "zero-shot",
    language,
    label,
    index,
    seed: index,
    text: "text",
    tokens: 1,
    finish: "end",
    filters: failed,
  }));
}

const fine = (count: number) => Array.from({ length: count }, () => []);
const names = (items: ReturnType<typeof nextItems>) =>
  items.map(({ language, label, index }) => `${language}/${label}/${index}`);

test("the first job asks for every language and label, in the recipe's order", () => {
  expect(names(nextItems([], written, TASK, 100))).toEqual(
    ["en/a", "en/b", "de/a", "de/b"].flatMap((key) => [0, 1, 2].map((index) => `${key}/${index}`)),
  );
});

test("a job is cut at its size, and the next one goes on where it ended", () => {
  const first = nextItems([], written, TASK, 5);
  expect(names(first)).toEqual(["en/a/0", "en/a/1", "en/a/2", "en/b/0", "en/b/1"]);
  const there = [...rows("en", "a", fine(3)), ...rows("en", "b", fine(2))];
  expect(names(nextItems(there, written, TASK, 5))).toEqual([
    "en/b/2",
    "de/a/0",
    "de/a/1",
    "de/a/2",
    "de/b/0",
  ]);
});

test("a pilot counts what is written, whatever the filters say", () => {
  const dropped = TASK.languages.flatMap((language) =>
    TASK.labels.flatMap((label) => rows(language, label, [["loop"], ["empty"], ["loop"]])),
  );
  expect(nextItems(dropped, written, TASK, 100)).toEqual([]);
});

test("a data set counts what is kept; dropped texts are written again, a few more if asked to, up to the limit", () => {
  const full = ["en/b", "de/a", "de/b"].flatMap((key) =>
    rows(key.split("/")[0]!, key.split("/")[1]!, fine(10)),
  );
  const oneMissing = [...full, ...rows("en", "a", [["loop"], ...fine(9)])];
  expect(names(nextItems(oneMissing, kept, TASK, 100))).toEqual(["en/a/10"]);
  // A batch of one takes as long as a batch of eight, but no more than the limit is written.
  expect(names(nextItems(oneMissing, kept, TASK, 100, 1, 8))).toEqual(
    [10, 11, 12, 13, 14].map((i) => `en/a/${i}`),
  );
  const exhausted = [
    ...full,
    ...rows("en", "a", [...fine(9), ...Array.from({ length: 6 }, () => ["loop" as const])]),
  ];
  expect(nextItems(exhausted, kept, TASK, 100)).toEqual([]);
});

test("rows of other configurations do not count", () => {
  const others = rows("en", "a", fine(3)).map((row) => ({ ...row, configuration: "few-shot" }));
  expect(nextItems(others, written, TASK, 100)).toHaveLength(12);
});
