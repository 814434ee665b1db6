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

/** Value below which a share of the sorted numbers lies, interpolated. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
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
  return {
    ...facts,
    ratio: quantile(ratios, 0.5),
    p25: quantile(ratios, 0.25),
    p75: quantile(ratios, 0.75),
    measured: [
      quantile(
        measured.map(([a]) => a),
        0.5,
      ),
      quantile(
        measured.map(([, b]) => b),
        0.5,
      ),
    ],
  };
}
