import { besideHuman } from "../score/beside-human.js";
import type { MeasureId } from "../score/definitions.js";
import { absent, exactly, type Measured } from "../score/measured.js";
import type { ScoreCard } from "../score/score.js";
import { reported } from "./measures-of-texts.js";
import type { ReportedMeasure, ReportedMeasures, ReportedValue } from "./report/run-report.js";

/** What human texts of a language get, by the checks and on the scale that the written ones are scored with. */
export interface HumanScores {
  readonly card: ScoreCard;
  /** Of one half of them against the other; undefined where a half is too short. */
  readonly diversity: number | undefined;
  /** Share of unseen human texts to which the label check gives their label; undefined without a check. */
  readonly labelRight: number | undefined;
}

/** The scores of a set and their parts, as measures with the human values beside them. */
export interface ScoreMeasures {
  readonly all: ReportedMeasures;
  /** By ISO 639 code. */
  readonly languages: Readonly<Record<string, ReportedMeasures>>;
}

/** A language's scores, and what human texts of it get. */
export interface LanguageScores {
  readonly language: string;
  readonly card: ScoreCard;
  readonly human: HumanScores | undefined;
}

interface Score {
  readonly id: MeasureId;
  readonly of: (card: ScoreCard) => number | undefined;
  /** Left out: as for the set. A text: why human texts have no value. */
  readonly human?: string | ((human: HumanScores) => number | undefined);
  /** Why the set's value is not a part of the human one; left out where it is. */
  readonly notRelative?: string;
}

const NO_HUMAN = "there are no human texts to compare with";
const NO_VALUE = "it could not be measured; the notes say why";
const FAULT = "human texts have about 0, which nothing can be relative to";

const SCORES: readonly Score[] = [
  {
    id: "success",
    of: ({ success }) => success.value,
    human: "the label check has learned the human texts; labelRight has what unseen ones get",
    notRelative: "human texts have no value",
  },
  { id: "coherence", of: ({ coherence }) => coherence.value },
  {
    id: "diversity",
    of: ({ diversity }) => diversity.value,
    human: ({ diversity }) => diversity,
    notRelative: "it is relative to human texts already",
  },
  {
    id: "harmonic",
    of: ({ harmonic }) => harmonic,
    human: "human texts have no success",
    notRelative: "human texts have no value",
  },
  { id: "languageRight", of: ({ success }) => success.language },
  { id: "labelRight", of: ({ success }) => success.label, human: ({ labelRight }) => labelRight },
  {
    id: "logProbability",
    of: ({ coherence }) => coherence.logProbability,
    notRelative: "a logarithm has no part",
  },
  { id: "repeatedTrigrams", of: ({ coherence }) => coherence.repetition, notRelative: FAULT },
  { id: "loopingTexts", of: ({ coherence }) => coherence.loopRate, notRelative: FAULT },
  {
    id: "cutTexts",
    of: ({ coherence }) => coherence.truncatedRate,
    human: "people are not cut at a limit",
    notRelative: FAULT,
  },
  { id: "emptyTexts", of: ({ coherence }) => coherence.emptyRate, notRelative: FAULT },
];

/**
 * Scores beside what human texts get: of each language, and of all with the human values' mean, each language with the
 * weight of the set's texts.
 */
export function scoreMeasures(all: ScoreCard, languages: readonly LanguageScores[]): ScoreMeasures {
  const of = (card: ScoreCard, human: (score: Score) => Measured): ReportedMeasures =>
    Object.fromEntries(SCORES.map((score) => [score.id, measureOf(score, card, human(score))]));
  return {
    all: of(all, (score) => {
      const parts = languages.flatMap(({ card, human }) => {
        const { value } = humanValue(score, human);
        return value === undefined || card.texts === 0 ? [] : [{ value, weight: card.texts }];
      });
      if (parts.length === 1) return exactly(parts[0]!.value);
      const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
      return parts.length === 0
        ? humanValue(score, languages.find(({ human }) => human !== undefined)?.human)
        : exactly(parts.reduce((sum, { value, weight }) => sum + value * weight, 0) / weights);
    }),
    languages: Object.fromEntries(
      languages.map(({ language, card, human }) => [language, of(card, (score) => humanValue(score, human))]),
    ),
  };
}

function humanValue({ of, human = ({ card }) => of(card) }: Score, found: HumanScores | undefined): Measured {
  if (typeof human === "string") return absent(human);
  if (found === undefined) return absent(NO_HUMAN);
  return measured(human(found));
}

function measured(value: number | undefined): Measured {
  return value === undefined ? absent(NO_VALUE) : exactly(value);
}

function measureOf({ id, of, notRelative }: Score, card: ScoreCard, human: Measured): ReportedMeasure {
  const value = measured(of(card));
  const { standardError } = card.diversity;
  const set: ReportedValue = {
    ...reported(value),
    ...(id === "diversity" && value.value !== undefined && standardError !== undefined
      ? { standardError }
      : {}),
  };
  return {
    set,
    human: reported(human),
    relative: reported(
      notRelative === undefined ? besideHuman(value, human).relative : absent(value.absent ?? notRelative),
    ),
  };
}
