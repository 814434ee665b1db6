import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { definitionsText } from "../study/report/definitions-text.js";
import { DEFINITION_GROUPS, DEFINITIONS, definitionOf } from "./definitions.js";

describe("the definitions", () => {
  it("are all named in docs/scores.md", () => {
    const docs = readFileSync(new URL("../../docs/scores.md", import.meta.url), "utf8");
    for (const id of Object.keys(DEFINITIONS)) expect(docs, id).toContain(`\`${id}\``);
  });

  it("say what a number is, from where to where it goes and what more of it means, each on one line", () => {
    for (const [id, definition] of Object.entries(DEFINITIONS)) {
      expect(DEFINITION_GROUPS, id).toContain(definition.group);
      const { name, meaning, formula, range, higherIs } = definition;
      for (const text of [name, meaning, formula, range, higherIs]) expect(text, id).toMatch(/^\S.*\S$/);
      expect(meaning, id).toMatch(/[.?]$/);
    }
    const names = Object.values(DEFINITIONS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("are found by id, and by id and source", () => {
    expect(definitionOf("copies@contrast")).toBe(DEFINITIONS.copies);
    expect(definitionOf("mauve")).toBe(DEFINITIONS.mauve);
    for (const none of ["", "constructor", "distinct5", "@copies"])
      expect(definitionOf(none)).toBeUndefined();
  });

  it("fit a terminal", () => {
    const lines = definitionsText(72).split("\n");
    for (const id of Object.keys(DEFINITIONS)) {
      expect(
        lines.some((line) => line.startsWith(`  ${id}: `)),
        id,
      ).toBe(true);
    }
    expect(lines.filter((line) => line.length > 72)).toEqual([]);
  });
});
