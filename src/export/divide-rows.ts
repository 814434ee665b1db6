import { nearDuplicateGroups } from "../duplicates/near-duplicates.js";
import type { Progress } from "../study/progress.js";
import { exportRow } from "./export-row.js";
import type { ExportSet } from "./provenance.js";
import type { RunArm } from "./run-data.js";
import { type SplitShare, splitRows } from "./split-rows.js";

/**
 * Arms as sets of splits, in proportion for each language and label of an arm. Near-duplicates are kept in one split,
 * those of different arms too.
 *
 * @param notes what is found goes here
 */
export function divideRows(
  arms: readonly RunArm[],
  splits: readonly SplitShare[],
  seed: number,
  progress: Progress,
  notes: string[],
): ExportSet[] {
  const rows = arms.flatMap(({ rows }, arm) => rows.map((sample) => ({ arm, row: exportRow(sample) })));
  const parts =
    splits.length === 1
      ? new Int32Array(rows.length)
      : splitRows({
          ids: rows.map(({ row }) => row.id),
          strata: rows.map(({ arm, row }) => JSON.stringify([arm, row.language, row.label])),
          groups: groupsOf(
            rows.map(({ row }) => row.text),
            progress,
            notes,
          ),
          splits,
          seed,
        });
  return arms.map((arm, number): ExportSet => {
    const whole = splits.map(({ name }, part) => ({
      name,
      rows: rows.flatMap((each, at) => (each.arm === number && parts[at] === part ? [each.row] : [])),
      files: [],
    }));
    const empty = whole.filter((split) => split.rows.length === 0).map(({ name }) => name);
    const own = arms.length === 1 ? "" : ` of ${arm.name}`;
    if (empty.length > 0) notes.push(`No texts${own} are left for these splits: ${empty.join(", ")}.`);
    return {
      name: arms.length === 1 ? "default" : arm.name,
      arm,
      splits: whole.filter((split) => split.rows.length > 0),
    };
  });
}

function groupsOf(texts: readonly string[], progress: Progress, notes: string[]): Int32Array {
  const task = progress.begin("Looking for near-duplicates", texts.length, "texts");
  const groups = nearDuplicateGroups(texts);
  task.advance(texts.length);
  task.end();
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const alike = [...sizes.values()].filter((size) => size > 1);
  if (alike.length > 0) {
    const rows = alike.reduce((sum, size) => sum + size, 0);
    const largest = alike.reduce((most, size) => Math.max(most, size));
    notes.push(
      `${rows} of ${texts.length} texts are near-duplicates of others, and are in one split with them; the largest group has ${largest}.`,
    );
  }
  return groups;
}
