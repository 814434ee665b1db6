import { expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { keyPath, quoted, recipeError } from "./problem.js";

test("a key path is written as in code, odd keys in quotes", () => {
  expect(keyPath(["steering", "layers", 1])).toBe("steering.layers[1]");
  expect(keyPath(["task", "my key", "ключ"])).toBe('task["my key"].ключ');
  expect(keyPath(["x".repeat(100)])).toHaveLength(65);
});

test("a quotation stays on one line, is cut by characters and hides no control character", () => {
  expect(quoted("a\nb")).toBe('"a\\nb"');
  expect(quoted("😀😀😀", 2)).toBe('"😀😀…"');
  expect(quoted("\u001b[31m\u009b\u202e")).toBe('"\\u001b[31m\\u009b\\u202e"');
});

test("one problem is one line; several are listed in the order of the file, each once", () => {
  const late = { path: ["seed"], line: 9, column: 7, message: "found x." };
  const early = { path: ["name"], line: 2, column: 1, message: "found y." };
  expect(recipeError("r.yaml", [late])).toBeInstanceOf(RecipeError);
  expect(recipeError("r.yaml", [late]).message).toBe("r.yaml, line 9, column 7: seed: found x.");
  expect(recipeError("r.yaml", [late, early, late]).message).toBe(
    "r.yaml has 2 problems:\n  line 2, column 1: name: found y.\n  line 9, column 7: seed: found x.",
  );
});

test("a list that nobody would read is cut, with the number of the rest", () => {
  const problems = Array.from({ length: 60 }, (_, index) => ({
    path: [],
    line: index + 1,
    column: 1,
    message: "x",
  }));
  expect(recipeError("r.yaml", problems).message.split("\n")).toHaveLength(52);
  expect(recipeError("r.yaml", problems).message).toMatch(/has 60 problems:[\s\S]*… and 10 more\.$/);
});
