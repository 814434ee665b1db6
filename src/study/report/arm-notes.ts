import type { ArmResult } from "./run-report.js";

export interface ArmNote {
  /** Titles of the data sets that the note is about; empty if it is about all of several. */
  readonly titles: readonly string[];
  readonly note: string;
}

/** What the scores say of data sets, each sentence once, in the order of the data sets. */
export function armNotes(arms: readonly ArmResult[]): ArmNote[] {
  const titles = new Map<string, string[]>();
  for (const { title, score } of arms) {
    for (const note of new Set(score?.notes)) titles.set(note, [...(titles.get(note) ?? []), title]);
  }
  return [...titles].map(([note, own]) => ({
    titles: arms.length > 1 && own.length === arms.length ? [] : own,
    note,
  }));
}

/** `Title: note`, or the note alone where it is about all data sets. */
export function armNoteText({ titles, note }: ArmNote): string {
  return titles.length === 0 ? note : `${titles.join("; ")}: ${note}`;
}
