import { expect, test } from "vitest";
import { armNotes, armNoteText } from "./arm-notes.js";
import type { ArmResult } from "./run-report.js";

const arm = (title: string, ...notes: string[]) => ({ title, score: { notes } }) as unknown as ArmResult;
const said = (...arms: ArmResult[]) => armNotes(arms).map(armNoteText);

test("a note that several data sets share is said once", () => {
  expect(said(arm("A", "few words", "odd"), arm("B"), arm("C", "few words"))).toEqual([
    "A; C: few words",
    "A: odd",
  ]);
});

test("one that all share names none of them", () => {
  expect(said(arm("A", "few words"), arm("B", "few words"))).toEqual(["few words"]);
  expect(said(arm("A", "few words"))).toEqual(["A: few words"]);
});

test("data sets without scores have no notes", () => {
  expect(said({ title: "A", score: undefined } as unknown as ArmResult)).toEqual([]);
});
