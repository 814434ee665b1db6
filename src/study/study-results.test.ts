import { expect, test } from "vitest";
import type { Sample } from "../store/sample.js";
import { studyResults } from "./study-results.js";

test("the tokens of a search are those of all that took part in a round, also of what could not be ranked", () => {
  const rows = ["a", "b", "c"].flatMap((configuration) =>
    Array.from({ length: 8 }, (_, index) => ({ configuration, index, tokens: 10 }) as Sample),
  );
  const record = {
    tried: ["a", "b", "c"],
    rounds: [
      { texts: 2, ranked: ["a", "b", "c"], kept: 2 },
      { texts: 4, ranked: ["a"], kept: 0 },
    ],
    failures: [],
  };
  const { tokens } = studyResults({
    record,
    search: "halving",
    ranked: [],
    pilot: [],
    arms: [],
    comparison: undefined,
    rows,
    baselines: [],
    gridTexts: 12,
  });
  expect(tokens).toEqual({ search: 10 * (4 + 4 + 2), grid: 120, all: 240 });
});
