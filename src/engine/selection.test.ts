import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineError } from "../errors.js";
import {
  compileSelection,
  dependsOnPromptLength,
  needsWholeText,
  type Selection,
  type Selector,
  selectionProblem,
} from "./selection.js";

const PROMPT = [1, 7, 5, 9, 7];
const ANSWER = [4, 5, 6];
const TOKENS = [...PROMPT, ...ANSWER];

/** Positions of an eight-token text that a selection picks. */
function picked(selection: Selection): number[] {
  const selects = compileSelection(selection) ?? (() => true);
  const facts = { promptLength: PROMPT.length, length: TOKENS.length };
  return [...TOKENS.keys()].filter((position) => selects({ token: TOKENS[position]!, position, ...facts }));
}

test.each<[string, Selection, number[]]>([
  ["everything", {}, [0, 1, 2, 3, 4, 5, 6, 7]],
  ["the prompt", { phase: "prompt" }, [0, 1, 2, 3, 4]],
  ["what was generated", { phase: "generated" }, [5, 6, 7]],
  ["from the start", { include: [{ anchor: "start", from: 1, to: 2 }] }, [1, 2]],
  ["all but the first", { exclude: [{ anchor: "start", to: 0 }] }, [1, 2, 3, 4, 5, 6, 7]],
  ["the prompt's last token", { include: [{ anchor: "prompt-end", from: -1, to: -1 }] }, [4]],
  ["the first two generated", { include: [{ anchor: "prompt-end", from: 0, to: 1 }] }, [5, 6]],
  ["a window around the prompt's end", { include: [{ anchor: "prompt-end", from: -2, to: 0 }] }, [3, 4, 5]],
  ["the text's last token", { include: [{ anchor: "end", from: -1 }] }, [7]],
  ["tokens wherever they are", { include: [{ tokens: [5, 7] }] }, [1, 2, 4, 6]],
  ["tokens of the prompt", { phase: "prompt", include: [{ tokens: [5] }] }, [2]],
  ["one of two", { include: [{ tokens: [9] }, { anchor: "end", from: -2 }] }, [3, 6, 7]],
  [
    "exclusion wins",
    { include: [{ tokens: [5, 7] }], exclude: [{ anchor: "prompt-end", from: -1, to: -1 }] },
    [1, 2, 6],
  ],
])("selects %s", (_, selection, expected) => {
  expect(picked(selection)).toEqual(expected);
});

test.each<[string, Selection, RegExp]>([
  ["backwards", { include: [{ anchor: "start", from: 3, to: 1 }] }, /3 to 1 run backwards/],
  ["before the start", { include: [{ anchor: "start", to: -1 }] }, /before the start/],
  ["behind the end", { include: [{ anchor: "end", from: 0 }] }, /behind the end/],
  ["no tokens", { exclude: [{ tokens: [] }] }, /list of tokens is empty/],
  ["no selector", { include: [] }, /what to include is empty/],
  ["half a position", { include: [{ anchor: "start", from: 0.5 }] }, /whole numbers/],
  ["a token below 0", { include: [{ tokens: [-1] }] }, /-1 is no token/],
  [
    "generated rows of the prompt",
    { phase: "prompt", include: [{ anchor: "prompt-end", from: 0 }] },
    /prompt/,
  ],
  [
    "prompt rows of the rest",
    { phase: "generated", include: [{ anchor: "prompt-end", to: -1 }] },
    /generated/,
  ],
  ["an unknown phase", { phase: "answer" as "all" }, /answer is no phase/],
  ["an unknown anchor", { include: [{ anchor: "middle" as "end" }] }, /middle is no anchor/],
])("refuses %s", (_, selection, message) => {
  expect(selectionProblem(selection)).toMatch(message);
  expect(() => compileSelection(selection)).toThrow(EngineError);
});

const bound = fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined });
const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.record({ tokens: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }) }),
  fc
    .tuple(fc.constantFrom("start" as const, "prompt-end" as const, "end" as const), bound, bound)
    .map(([anchor, from, to]) => ({
      anchor,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    })),
);
const selections: fc.Arbitrary<Selection> = fc.record(
  {
    phase: fc.constantFrom("all" as const, "prompt" as const, "generated" as const),
    include: fc.array(selector, { minLength: 1, maxLength: 3 }),
    exclude: fc.array(selector, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

test("a selection is its phase, cut with the union of what it includes, less what it excludes", () => {
  fc.assert(
    fc.property(selections, (selection) => {
      fc.pre(selectionProblem(selection) === undefined);
      const phase = picked({ phase: selection.phase ?? "all" });
      const union = (list: readonly Selector[]) => new Set(list.flatMap((one) => picked({ include: [one] })));
      const include = selection.include ? union(selection.include) : new Set(TOKENS.keys());
      const exclude = union(selection.exclude ?? []);
      expect(picked(selection)).toEqual(phase.filter((at) => include.has(at) && !exclude.has(at)));
    }),
  );
});

test("a selection that looks back from the prompt's end depends on the prompt's length, others do not", () => {
  fc.assert(
    fc.property(selections, fc.integer({ min: 1, max: 4 }), (selection, longer) => {
      fc.pre(selectionProblem(selection) === undefined && !needsWholeText(selection));
      fc.pre(!dependsOnPromptLength(selection));
      const selects = compileSelection(selection) ?? (() => true);
      for (const [position, token] of PROMPT.entries()) {
        const at = (promptLength: number) => selects({ token, position, promptLength });
        expect(at(PROMPT.length)).toBe(at(PROMPT.length + longer));
      }
    }),
  );
  expect(dependsOnPromptLength({ include: [{ anchor: "prompt-end", from: -1 }] })).toBe(true);
});
