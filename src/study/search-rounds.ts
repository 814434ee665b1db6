import type { RecipeStudy } from "../recipe/study-schema.js";

/** One round of a search: so many texts of each label and language, of so many configurations. */
export interface Round {
  readonly texts: number;
  /** The first round has all that are tried. */
  readonly configurations: number;
}

/** Fewest texts of a label that a round says something with. */
const FEWEST_TEXTS = 2;
/** What a grid looks at first, to stop what is hopeless: a share of its texts. */
const FIRST_LOOK = 1 / 4;

/**
 * The rounds of a search over `tried` configurations.
 *
 * `halving` is successive halving (Jamieson and Talwalkar 2016): in round r of R, a share keepʳ of the configurations
 * has a share keep^(R−1−r) of the texts, so that each round costs about the same; the texts of earlier rounds count.
 * At least `best` configurations reach the end. `grid` and `random` look at a quarter of the texts first.
 *
 * @param texts of the last round, for each label and language.
 */
export function searchRounds(
  { search, keep, rounds, best }: Pick<RecipeStudy, "search" | "keep" | "rounds" | "best">,
  tried: number,
  texts: number,
): Round[] {
  const shares =
    search === "halving"
      ? Array.from({ length: rounds }, (_, r) => ({ texts: keep ** (rounds - 1 - r), rest: keep ** r }))
      : [
          { texts: FIRST_LOOK, rest: 1 },
          { texts: 1, rest: 1 },
        ];
  const fewest = best === "all" ? tried : Math.min(best, tried);
  const planned = shares.map((share) => ({
    texts: Math.min(texts, Math.max(FEWEST_TEXTS, Math.ceil(share.texts * texts - 1e-9))),
    configurations: Math.max(fewest, Math.ceil(share.rest * tried - 1e-9)),
  }));
  // A round without more texts than the one before would judge by the same texts again.
  return planned.filter(({ texts: own }, r) => r === 0 || own > planned[r - 1]!.texts);
}

/** Texts that rounds write for each label and language: a later round adds to what is there. */
export function textsOfRounds(rounds: readonly Round[]): number {
  return rounds.reduce((sum, { texts, configurations }, r) => {
    const before = rounds[r - 1]?.texts ?? 0;
    return sum + configurations * (texts - before);
  }, 0);
}
