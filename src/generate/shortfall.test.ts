import { expect, test } from "vitest";
import type { Recipe } from "../recipe/schema.js";
import type { FilterName, Sample } from "../store/sample.js";
import { keyCounts, shortfall, shortfallText } from "./shortfall.js";

const recipe = {
  task: { languages: ["sl"], labels: ["good", "bad"] },
  samples: { perLabel: 3, pilotPerLabel: 2, attempts: 2, perCall: 1, separator: "|||" },
} as unknown as Recipe;

function rows(label: string, filters: readonly (readonly FilterName[])[], configuration = "zero-shot") {
  return filters.map(
    (failed, index) => ({ configuration, language: "sl", label, index, filters: failed }) as Sample,
  );
}

const GOOD = rows("good", [[], ["language"], [], [], []]);
const BAD = rows("bad", [["short", "language"], [], ["language"], ["loop"], [], ["language"]]);

test("texts are counted for each key, and each filter that dropped some in the filters' order", () => {
  const others = rows("bad", [[], [], []], "few-shot");
  expect(keyCounts([...GOOD, ...BAD, ...others], recipe, ["zero-shot"])).toEqual([
    {
      configuration: "zero-shot",
      language: "sl",
      label: "good",
      asked: 3,
      written: 5,
      kept: 3,
      dropped: [{ filter: "language", texts: 1 }],
      ended: "enough",
    },
    {
      configuration: "zero-shot",
      language: "sl",
      label: "bad",
      asked: 3,
      written: 6,
      kept: 2,
      dropped: [
        { filter: "short", texts: 1 },
        { filter: "loop", texts: 1 },
        { filter: "language", texts: 3 },
      ],
      ended: "limit",
    },
  ]);
});

test("only what is short is a shortfall, and says why", () => {
  expect(shortfall([...GOOD, ...BAD], recipe, ["zero-shot"]).map(shortfallText)).toEqual([
    "zero-shot: 2 of 3 texts for bad in sl, of 6 written; dropped: short 1, loop 1, language 3. samples.attempts allows no more.",
  ]);
  expect(shortfall(GOOD, recipe, ["zero-shot"]).map(shortfallText)).toEqual([
    "zero-shot: 0 of 3 texts for bad in sl, of 0 written. The same command writes more.",
  ]);
});
