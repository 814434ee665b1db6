import { NAMED_DEPTHS } from "../recipe/steering-schema.js";
import { spearman } from "../statistics/spearman.js";
import { decimal, MISSING, signed } from "./report/number-text.js";
import type { ArmResult, PilotResult, RunReport, StudyRow } from "./report/run-report.js";

/** Numbers of reports that the claims of the papers are about. */

/** A configuration of a study, with its place in the sweep. */
export interface StudiedCell extends PilotResult {
  /** The search's row of it; undefined if it could not be ranked. */
  readonly row: StudyRow | undefined;
  /** Its data set; undefined if it got none. */
  readonly arm: ArmResult | undefined;
  /** From zero-shot prompting, in the study's metric; undefined if it was not compared with it. */
  readonly gain: { readonly difference: number; readonly verdict: string } | undefined;
}

/** The sweep of a run, each configuration with what became of it. */
export function studiedCells({ pilot, study, arms }: RunReport): StudiedCell[] {
  const rows = new Map((study?.rows ?? []).map((row) => [row.configuration, row]));
  const written = new Map(arms.map((arm) => [arm.configuration, arm]));
  return pilot.map((cell) => {
    const row = rows.get(cell.configuration);
    return {
      ...cell,
      row,
      arm: written.get(cell.configuration),
      gain: row?.differences.find(({ baseline }) => baseline === "zero-shot"),
    };
  });
}

export type Depth = keyof typeof NAMED_DEPTHS;

/** The named depth that a configuration's first layer is nearest to; undefined without steering. */
export function depthOf({ layers }: PilotResult, blocks: number): Depth | undefined {
  const [first] = layers ?? [];
  if (first === undefined) return undefined;
  const names = Object.keys(NAMED_DEPTHS) as Depth[];
  const distance = (name: Depth) => Math.abs(first / blocks - NAMED_DEPTHS[name]);
  return names.reduce((nearest, name) => (distance(name) < distance(nearest) ? name : nearest));
}

/** The mean of the finite values; undefined for none. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const finite = values.filter((value): value is number => Number.isFinite(value));
  return finite.length === 0 ? undefined : finite.reduce((sum, value) => sum + value, 0) / finite.length;
}

/** `ρ = −0.62`, of the pairs that have both values; undefined where it is not defined. */
export function rankText(
  pairs: readonly (readonly [number | undefined, number | undefined])[],
): string | undefined {
  const whole = pairs.filter((pair): pair is [number, number] =>
    pair.every((value) => Number.isFinite(value)),
  );
  const found = spearman(
    whole.map(([first]) => first),
    whole.map(([, second]) => second),
  );
  return found && `ρ = ${signed(found.rho)}`;
}

/** `5 of 12 (42 %)`. */
export function countText(count: number, all: number): string {
  return all === 0 ? MISSING : `${count} of ${all} (${Math.round((100 * count) / all)} %)`;
}

export const signedText = (value: number | undefined): string => signed(value ?? Number.NaN, 3);
export const decimalText = (value: number | undefined): string => decimal(value ?? Number.NaN);
