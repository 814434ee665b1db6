import type { Configuration } from "../generate/configuration.js";
import { choleskySolve } from "../steering/cholesky.js";

/** What is known of a configuration while a search goes on. */
export interface KnownMerit {
  /** What it shares with others: one level of each factor, in the same order for all. */
  readonly levels: readonly string[];
  /** What it is chosen by, on the texts that it has. */
  readonly merit: number;
  /** Its texts of each label and language, at least one. */
  readonly texts: number;
}

/** A level's effect is drawn towards nothing as one more configuration without that effect would draw it. */
const PENALTY = 1;
/** So that the mean is not drawn towards nothing, and there is one solution. */
const HARDLY_ANY = 1e-9;

/**
 * What each configuration is expected to reach once it has `total` texts: a share texts ÷ total of what it has reached,
 * and for the texts that are still to come, what configurations of its levels reach.
 *
 * The latter is an additive model, a mean and one effect for each level of each factor, fitted to all configurations by
 * least squares with weights in proportion to their texts, and with a ridge of one configuration's weight on the effects.
 * A few texts of one configuration say little, those of all that share its layer or strength say more; this is partial
 * pooling (empirical Bayes: Efron and Morris 1975) with a weight that follows from the texts alone.
 *
 * @returns in the order given
 */
export function expectedMerits(known: readonly KnownMerit[], total: number): number[] {
  if (known.length === 0) return [];
  const columns = new Map<string, number>();
  const rows = known.map(({ levels }) => [
    0,
    ...levels.map((level, factor) => {
      const key = `${factor} ${level}`;
      if (!columns.has(key)) columns.set(key, columns.size + 1);
      return columns.get(key)!;
    }),
  ]);
  const size = columns.size + 1;
  const meanTexts = known.reduce((sum, { texts }) => sum + texts, 0) / known.length;
  const matrix = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = i === 0 ? HARDLY_ANY : PENALTY;
  for (const [i, row] of rows.entries()) {
    const weight = known[i]!.texts / meanTexts;
    for (const a of row) {
      right[a]! += weight * known[i]!.merit;
      for (const b of row) matrix[a * size + b]! += weight;
    }
  }
  const effects = choleskySolve(matrix, right)!;
  return known.map(({ merit, texts }, i) => {
    const pooled = rows[i]!.reduce((sum, column) => sum + effects[column]!, 0);
    const share = Math.min(1, texts / total);
    return share * merit + (1 - share) * pooled;
  });
}

/** The levels of a configuration: its prompting, and what its steering and guidance are made of. */
export function levelsOf({ prompting, steering, guidance }: Configuration): string[] {
  return [
    prompting,
    steering?.method ?? "",
    steering?.operation ?? "",
    steering?.layers.join("+") ?? "",
    String(steering?.strength ?? ""),
    String(guidance?.gamma ?? ""),
    String(guidance?.eta ?? ""),
  ];
}
