import { expect, test } from "vitest";
import type { Sample } from "../store/sample.js";
import { findRow } from "./explain-find.js";

const row = (id: string, text: string) => ({ id, text }) as Sample;
const ROWS = [
  row("zero-shot/en/positive/1", "The tea is hot."),
  row("zero-shot/en/positive/11", "The tea was hot."),
  row("mean-difference@5x0.2/en/positive/1", "Čaj  je vroč."),
];

test("a row is found by its id, a part of it, or the beginning of its text", () => {
  expect(findRow(ROWS, "zero-shot/en/positive/1")).toBe(0);
  expect(findRow(ROWS, "zero-shot/en/positive/11")).toBe(1);
  expect(findRow(ROWS, "5x0.2")).toBe(2);
  expect(findRow(ROWS, "positive/11")).toBe(1);
  expect(findRow(ROWS, "C\u030caj je")).toBe(2);
});

test("several rows are named, as are the nearest to none", () => {
  expect(() => findRow(ROWS, "The tea")).toThrow(
    "may mean 2 rows: zero-shot/en/positive/1, zero-shot/en/positive/11. Give the whole id.",
  );
  expect(() => findRow(ROWS, "positive/1")).toThrow(/2 rows: zero-shot\/en\/positive\/1, mean-difference/);
  expect(() => findRow(ROWS, "zero-shot/en/positve/12")).toThrow(
    /The nearest ids: zero-shot\/en\/positive\/11?, /,
  );
  expect(() => findRow(ROWS, " ")).toThrow(/No row/);
  expect(() => findRow([], "x")).toThrow(/no texts yet/);
});
