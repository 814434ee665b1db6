import { quantile } from "../src/score/statistics.js";

/** One line of a benchmark: a ratio of two measurements made in turn, so that a machine's drift falls on both. */
export interface Ratio {
  readonly name: string;
  /** Median over the pairs. */
  readonly ratio: number;
  readonly p25: number;
  readonly p75: number;
  /** What the ratio should at least be; undefined where there is no promise. */
  readonly goal: number | undefined;
  /** What is divided by what. */
  readonly unit: string;
  /** Medians of the two measurements. */
  readonly measured: readonly [number, number];
}

/** Measures `subject` and `baseline` in turn, after one warm-up of each, and divides pair by pair. */
export async function compareInPairs(
  facts: Pick<Ratio, "name" | "goal" | "unit">,
  subject: () => Promise<number>,
  baseline: () => Promise<number>,
  pairs: number,
): Promise<Ratio> {
  await subject();
  await baseline();
  const measured: [number, number][] = [];
  for (let i = 0; i < pairs; i++) {
    // The order alternates, so that neither is always the one on the warmer machine.
    if (i % 2 === 0) {
      const first = await subject();
      measured.push([first, await baseline()]);
    } else {
      const second = await baseline();
      measured.push([await subject(), second]);
    }
  }
  const ratios = measured.map(([a, b]) => a / b);
  const of = (values: readonly number[], share: number) => quantile(values, share)!;
  return {
    ...facts,
    ratio: of(ratios, 0.5),
    p25: of(ratios, 0.25),
    p75: of(ratios, 0.75),
    measured: [
      of(
        measured.map(([a]) => a),
        0.5,
      ),
      of(
        measured.map(([, b]) => b),
        0.5,
      ),
    ],
  };
}
