import { createHash } from "node:crypto";
import { RecipeError } from "../errors.js";

/** A part of a data set, and the share of the rows that it should have. */
export interface SplitShare {
  readonly name: string;
  /** Above 0; all shares add up to 1. */
  readonly share: number;
}

/** Everything in one part. */
export const WHOLE: readonly SplitShare[] = [{ name: "train", share: 1 }];

/** Names that `datasets` takes and that are safe in file names; `all` means every split to it. */
const SPLIT_NAME = /^(?!all$)[a-z][a-z0-9_]{0,31}$/;

/**
 * Reads `train=0.8,validation=0.1,test=0.1`.
 *
 * @throws RecipeError for a name or share that is wrong, a name that is there twice, or shares that do not add up
 */
export function parseSplits(text: string): SplitShare[] {
  const splits = text.split(",").map((part): SplitShare => {
    const [, name, share] = /^\s*([^=]*?)\s*=\s*([0-9.]+)\s*$/.exec(part) ?? [];
    if (name === undefined || !SPLIT_NAME.test(name) || !(Number(share) > 0)) {
      throw new RecipeError(
        `--splits: found ${JSON.stringify(part)}; allowed: NAME=SHARE with small letters, digits and _ in the name ` +
          "(not all) and a share above 0, such as train=0.8,validation=0.1,test=0.1.",
      );
    }
    return { name, share: Number(share) };
  });
  const twice = splits.find(({ name }, at) => splits.findIndex((other) => other.name === name) !== at);
  if (twice) throw new RecipeError(`--splits: ${twice.name} is there twice. Name each part once.`);
  const sum = splits.reduce((total, { share }) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-6) {
    throw new RecipeError(`--splits: the shares add up to ${Number(sum.toFixed(6))}; they must add up to 1.`);
  }
  return splits;
}

export interface SplitRequest {
  /** One for each row, all different. */
  readonly ids: readonly string[];
  /** What is to be divided in the same proportions, for each row: its language and label. */
  readonly strata: readonly string[];
  /** For each row the number of its group, such as near-duplicates; left out, each row is a group of its own. */
  readonly groups?: ArrayLike<number> | undefined;
  readonly splits: readonly SplitShare[];
  readonly seed: number;
}

interface Group {
  readonly key: string;
  readonly rows: number[];
}

/**
 * Divides rows among splits. A group goes to one split whole. Groups are dealt out largest first, those of one size
 * in an order drawn by the seed, each to the split that is furthest below its share of the group's strata; of splits
 * that are equally far, to the one furthest below its share of everything. For single rows this is the method
 * of largest remainders.
 *
 * The same rows and seed give the same splits, whatever the rows' order.
 *
 * @returns for each row the number of its split
 * @throws RangeError if lengths differ or an id is there twice
 */
export function splitRows({ ids, strata, groups, splits, seed }: SplitRequest): Int32Array {
  if (strata.length !== ids.length || (groups !== undefined && groups.length !== ids.length)) {
    throw new RangeError(`${ids.length} ids, ${strata.length} strata and ${groups?.length} groups differ.`);
  }
  if (new Set(ids).size !== ids.length) throw new RangeError("An id is there twice.");
  const deficits = new Map<string, Float64Array>();
  const total = new Float64Array(splits.length);
  for (const stratum of strata) {
    const deficit = deficits.get(stratum) ?? new Float64Array(splits.length);
    deficits.set(stratum, deficit);
    splits.forEach(({ share }, split) => {
      deficit[split]! += share;
      total[split]! += share;
    });
  }
  const result = new Int32Array(ids.length);
  for (const { rows } of dealingOrder(ids, groups, seed)) {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(strata[row]!, (counts.get(strata[row]!) ?? 0) + 1);
    const need = (split: number) =>
      [...counts].reduce((sum, [stratum, count]) => sum + count * deficits.get(stratum)![split]!, 0);
    let best = 0;
    for (let split = 1; split < splits.length; split++) {
      const further = need(split) - need(best);
      if (further > 1e-9 || (further > -1e-9 && total[split]! > total[best]! + 1e-9)) best = split;
    }
    for (const row of rows) result[row] = best;
    for (const [stratum, count] of counts) deficits.get(stratum)![best]! -= count;
    total[best]! -= rows.length;
  }
  return result;
}

/** Largest first, and then by a hash of the seed and the group's first id, which no order of rows changes. */
function dealingOrder(
  ids: readonly string[],
  numbers: ArrayLike<number> | undefined,
  seed: number,
): readonly Group[] {
  const members = new Map<number, number[]>();
  ids.forEach((_, row) => {
    const number = numbers?.[row] ?? row;
    const rows = members.get(number);
    if (rows) rows.push(row);
    else members.set(number, [row]);
  });
  const groups = [...members.values()].map((rows): Group => {
    const first = rows.map((row) => ids[row]!).reduce((least, id) => (id < least ? id : least));
    return { key: createHash("sha256").update(`${seed} ${first}`).digest("hex"), rows };
  });
  return groups.sort((a, b) => b.rows.length - a.rows.length || (a.key < b.key ? -1 : 1));
}
