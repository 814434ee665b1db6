import {
  againstGenerator,
  balance,
  beatsPrompting,
  besideHuman,
  byDepth,
  conceptsWon,
  correlations,
  directionOf,
  diversityGain,
  earlyCases,
  type Finding,
  lastGain,
  listed,
  paperBMeasures,
  pointsOf,
  qualityAgainstLanguage,
  strengthAndDiversity,
  weightTrends,
} from "./claim-findings.js";
import type { PresetChoice, StudyPresetName, StudyScale } from "./presets.js";
import type { RunReport } from "./report/run-report.js";

/** What the papers of the presets claim, beside what a run found. */

export interface PaperClaim {
  readonly claim: string;
  /** What the paper says, with its number if it is known. */
  readonly paper: string;
  /** abstract: the paper's own; code: its authors' program; secondary: a digest's, not checked against the paper. */
  readonly evidence: "abstract" | "code" | "secondary";
  /** What was found here; undefined if nothing was measured. */
  readonly ours: string | undefined;
  /** Whether the two may be held against each other. */
  readonly comparable: boolean;
  /** What differs, or why nothing was measured. */
  readonly why: string;
}

interface ClaimOfPaper extends Pick<PaperClaim, "claim" | "paper" | "evidence"> {
  readonly find: (reports: readonly RunReport[]) => Finding;
}

/** What keeps numbers of scale small from being compared with the paper's. */
const SMALL: Readonly<Record<StudyPresetName, string>> = {
  "paper-a":
    "one model of 1.1 B parameters at two bits, English alone, and a classifier on n-grams; the paper has 8 to 70 B, eleven languages, most of them low in resources, and XLM-R",
  "paper-b":
    "the prompt stands in for the fine-tuned expert, γ and η are not combined, and tasks and embeddings are others",
  "paper-c":
    "a generator of 1.1 B parameters at two bits, English alone, and a classifier on n-grams; the paper has 70 B, eleven languages and XLM-R",
  "paper-d":
    "one concept, one model of 1.1 B parameters at two bits, and a classifier on n-grams; the paper has four concepts and two models",
};

/** What differs from the paper at its own size too. */
const FULL: Readonly<Record<StudyPresetName, string>> = {
  "paper-a": "models are quantised, and the classifier is the recipe's",
  "paper-b": "the paper's own tables are not known",
  "paper-c": "the model is quantised, the prompt's words are our own, and the classifier is the recipe's",
  "paper-d": "the abstract names no concepts, models, methods or strengths: those here are our own",
};

/** Runs that a preset at full scale has. */
const RUNS: Readonly<Record<StudyPresetName, number>> = {
  "paper-a": 88,
  "paper-b": 1,
  "paper-c": 34,
  "paper-d": 8,
};

const CLAIMS: Readonly<Record<StudyPresetName, readonly ClaimOfPaper[]>> = {
  "paper-a": [
    {
      claim: "Steering early layers raises diversity.",
      paper: "consistently",
      evidence: "abstract",
      find: (reports) => ({ ours: byDepth(reports, diversityGain, "diversity") }),
    },
    {
      claim: "Steering early layers raises downstream performance.",
      paper: "often, most in low-resource languages",
      evidence: "abstract",
      find: (reports) => ({ ours: byDepth(reports, ({ gain }) => gain?.difference, "the metric") }),
    },
    {
      claim: "Quality Steering at early layers improves the F1 of zero-shot prompting.",
      paper: "in 79.54 % of cases, probably 70 of 88",
      evidence: "secondary",
      find: (reports) => ({ ours: earlyCases(reports) }),
    },
    {
      claim: "Quality Steering gains more F1 than Language Steering.",
      paper: "says so, without a number that is known",
      evidence: "secondary",
      find: qualityAgainstLanguage,
    },
    {
      claim: "With few-shot prompts steering gains less.",
      paper: "says so, without a number that is known",
      evidence: "secondary",
      find: () => ({
        ours: undefined,
        why: "steering is added to zero-shot prompts alone; set steering.prompting to few-shot in a copy of the recipe",
      }),
    },
  ],
  "paper-b": [
    {
      claim: "STEER balances diversity and coherence better than other decoding.",
      paper: "better than previous techniques on three tasks",
      evidence: "abstract",
      find: (reports) => ({ ours: listed(reports, balance) }),
    },
    {
      claim: "γ and η control the trade-off of diversity and coherence.",
      paper: "fine control",
      evidence: "abstract",
      find: (reports) => ({
        ours: listed(reports, weightTrends),
        ...directionOf(reports, "tasks, models and the measures of both are others"),
      }),
    },
    {
      claim: "The texts are varied and hard to tell from real ones.",
      paper:
        "measured by normalised n-grams, a product of n-gram shares, and adversarial AUROC; its tables are not known",
      evidence: "code",
      find: (reports) => ({
        ours: listed(reports, paperBMeasures),
        why: "the paper's numbers are not known",
      }),
    },
  ],
  "paper-c": [
    {
      claim: "Small models trained on little written data beat the generator.",
      paper: "even with small amounts; about 50 texts (secondary)",
      evidence: "abstract",
      find: (reports) => {
        const ours = listed(reports, againstGenerator);
        if (ours !== undefined) return { ours };
        return {
          ours: listed(reports, (report) => pointsOf(report, [50])),
          why: "the generator was not asked to classify, so that there is nothing to beat",
        };
      },
    },
    {
      claim: "Gains flatten.",
      paper: "around 200 texts of a class, less beyond 400",
      evidence: "secondary",
      find: (reports) => ({ ours: listed(reports, lastGain) }),
    },
    {
      claim: "Written data are worth as much as human data at small sizes, and less at large ones.",
      paper: "says so, without a number that is known",
      evidence: "secondary",
      find: (reports) => ({ ours: listed(reports, besideHuman) }),
    },
    {
      claim: "Gains are largest in low-resource languages.",
      paper: "about 18 % at 50 texts, up to about 40 % (secondary)",
      evidence: "abstract",
      find: () => ({ ours: undefined, why: "gains over the generator are not set against languages here" }),
    },
  ],
  "paper-d": [
    {
      claim: "Few configurations beat prompting.",
      paper: "41 of 136 (30 %)",
      evidence: "abstract",
      find: (reports) => ({ ours: beatsPrompting(reports) }),
    },
    {
      claim: "The best steered data beat prompting.",
      paper: "on 3 of 4 concepts",
      evidence: "abstract",
      find: (reports) => ({ ours: conceptsWon(reports) }),
    },
    {
      claim:
        "The harmonic mean correlates with AUROC more consistently across concepts than success and coherence alone.",
      paper: "says so, without a number that is known",
      evidence: "abstract",
      find: correlations,
    },
    {
      claim: "Higher strength lowers diversity.",
      paper: "says so, without a number that is known",
      evidence: "abstract",
      find: (reports) => ({
        ours: strengthAndDiversity(reports),
        ...directionOf(reports, "model, concept and the measure of diversity are others"),
      }),
    },
  ],
};

/**
 * A paper's claims beside the numbers of a preset's runs. Numbers of scale small are marked as not comparable, but for
 * claims about a direction; so are those of a preset at full scale of which not all runs are there.
 *
 * @param reports of the preset's run, or of its variants'
 */
export function paperClaims({ preset, scale }: PresetChoice, reports: readonly RunReport[]): PaperClaim[] {
  return CLAIMS[preset].map(({ find, claim, paper, evidence }) => {
    const found = find(reports);
    return { claim, paper, evidence, ours: found.ours, ...judged(found, preset, scale, reports.length) };
  });
}

function judged(
  { ours, why, direction = false }: Finding,
  preset: StudyPresetName,
  scale: StudyScale,
  runs: number,
): Pick<PaperClaim, "comparable" | "why"> {
  if (ours === undefined) return { comparable: false, why: why ?? "not measured" };
  if (direction) return { comparable: true, why: why! };
  if (scale === "small") return { comparable: false, why: why ?? SMALL[preset] };
  if (runs < RUNS[preset]) {
    return { comparable: false, why: `${runs} of the preset's ${RUNS[preset]} runs are there` };
  }
  return why === undefined ? { comparable: true, why: FULL[preset] } : { comparable: false, why };
}
