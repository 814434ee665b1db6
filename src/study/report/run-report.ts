import type { ArmsResults } from "../../arms/arms-results.js";
import type { FilterName } from "../../store/sample.js";
import type { PaperClaim } from "../paper-claims.js";

/** What a run found, as plain data: the page, the terminal and `--json` all show this and nothing else. */
export interface RunReport {
  readonly title: string;
  readonly model: ReportedModel;
  /** One sentence: did steering beat prompting? Shown as it is, whichever way it went. */
  readonly verdict: string;
  /** Steering and the prompting baselines, in the order in which they are shown. */
  readonly arms: readonly ArmResult[];
  /** Every configuration of the sweep over layers, strengths and the weights of guidance. */
  readonly pilot: readonly PilotResult[];
  /** The pilot's configuration that the steered or guided arm uses; undefined when there was nothing to choose. */
  readonly chosen: string | undefined;
  /** How the sweep was searched, and what the best of it came to; undefined without `study`. */
  readonly study?: ReportedStudy | undefined;
  readonly samples: readonly ReportedSample[];
  readonly comparisons: readonly Comparison[];
  /** What is trained: the trainer's name; undefined where nothing was trained. */
  readonly trainer?: string | undefined;
  /** Data sets that the written ones are set beside. */
  readonly references?: readonly ReferenceResult[] | undefined;
  readonly curves?: readonly LearningCurve[] | undefined;
  /** Of a paper's study: the paper's claims beside what this run found. */
  readonly claims?: readonly PaperClaim[] | undefined;
  /** What `tiller arms` found: language models as classifiers, beside those that were trained. */
  readonly languageModels?: ArmsResults | undefined;
  /** What a reader must know to trust the numbers, a sentence each. */
  readonly notes: readonly string[];
  /** The recipe's text. */
  readonly recipe: string;
  readonly cost: RunCost;
  /** Version of Tiller. */
  readonly version: string;
}

export interface ReportedModel {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  readonly architecture: string;
  readonly layers: number;
  readonly width: number;
}

export interface ArmResult {
  /** Short and unique: `steered`, `guided`, `zero-shot`, `few-shot`. */
  readonly name: string;
  /** For headings. */
  readonly title: string;
  readonly configuration: string;
  /** Texts in the data set. */
  readonly kept: number;
  /** Texts that the model wrote. */
  readonly written: number;
  readonly tokens: number;
  /** How many written texts each filter dropped; one text can fail several. */
  readonly filters: Readonly<Record<FilterName, number>>;
  readonly score: ScoreSummary | undefined;
  /** Every further measure; undefined where the texts were not scored. */
  readonly measures?: ArmMeasures | undefined;
  /** What the classifiers that were trained on this arm's texts reach. */
  readonly classifier?: ClassifierSummary | undefined;
}

/** Mean and standard deviation over the seeds. */
export interface ReportedSpread {
  readonly mean: number;
  readonly sd: number;
}

/** Classifiers that were trained on one data set, scored on the test texts. `mean`, `sd` and `values` are of `metric`. */
export interface ClassifierSummary {
  readonly mean: number;
  /** Standard deviation over the seeds. */
  readonly sd: number;
  /** One value for each seed. */
  readonly values: readonly number[];
  /** `macro-f1` or `auroc`; left out, `macro-f1`. */
  readonly metric?: string | undefined;
  readonly macroF1?: ReportedSpread | undefined;
  readonly accuracy?: ReportedSpread | undefined;
  readonly auroc?: ReportedSpread | undefined;
  /** Means over the seeds. */
  readonly perLabel?:
    | readonly {
        readonly label: string;
        readonly precision: number;
        readonly recall: number;
        readonly f1: number;
        /** Test texts of the label. */
        readonly support: number;
      }[]
    | undefined;
  readonly perLanguage?: readonly { readonly language: string; readonly macroF1: number }[] | undefined;
  /** Test texts by true and predicted label, mean over the seeds; in the order of `perLabel`. */
  readonly confusion?: readonly (readonly number[])[] | undefined;
  /** What the probabilities are worth, means over the seeds; 0 is best. */
  readonly calibration?:
    | { readonly logLoss: number; readonly brier: number; readonly calibrationError: number }
    | undefined;
}

/** A data set that no configuration wrote, such as the human training texts. */
export interface ReferenceResult {
  readonly name: string;
  readonly title: string;
  readonly texts: number;
  readonly classifier: ClassifierSummary;
}

/** What classifiers reach with how many training texts. */
export interface LearningCurve {
  /** An arm's or a reference's name. */
  readonly arm: string;
  readonly points: readonly (ReportedSpread & { readonly size: number })[];
}

/** The three axes of paper D and their harmonic mean, each 0 to 1, higher is better. */
export interface ScoreSummary {
  readonly success: number;
  readonly coherence: number;
  readonly diversity: number;
  readonly harmonic: number;
  /** What the axes are made of, by name. */
  readonly parts: Readonly<Record<string, number>>;
  readonly meanWords: number;
  readonly intervals?: ScoreIntervals | undefined;
  readonly notes: readonly string[];
}

/** 95 % intervals over the texts; undefined where a score has none. */
export type ScoreIntervals = Readonly<
  Record<
    "success" | "coherence" | "diversity" | "harmonic",
    { readonly low: number; readonly high: number } | undefined
  >
>;

/** A measured number, or why there is none. */
export interface ReportedValue {
  readonly value?: number | undefined;
  /** What the value may be off by because texts were drawn. */
  readonly standardError?: number | undefined;
  /** Where there is no value: the reason. */
  readonly absent?: string | undefined;
  /** Languages that are not in a mean over languages, for want of a value. */
  readonly without?: readonly string[] | undefined;
}

/** A measure of an arm's texts. */
export interface ReportedMeasure {
  readonly set: ReportedValue;
  /** The set's value at the size at which `human` is, where that is another than `set`'s. */
  readonly atEqualSize?: number | undefined;
  /** Of human texts of the same language. */
  readonly human: ReportedValue;
  /** The set's part of the human value, as the measure's docs define it. */
  readonly relative: ReportedValue;
}

/** By id, as `definitionOf` takes it. */
export type ReportedMeasures = Readonly<Record<string, ReportedMeasure>>;

/** How much text there is. */
export interface ReportedSize {
  readonly texts: number;
  /** Texts without a word. */
  readonly wordless: number;
  readonly words: number;
  readonly meanWords?: number | undefined;
}

/** What was compared by embeddings. */
export interface ReportedEncoding {
  readonly encoder: string;
  /** Texts of each side that were compared at a time. */
  readonly texts: number;
  /** Texts without an embedding. */
  readonly leftOut: { readonly set: number; readonly human: number };
  /** Texts of which only the first so many tokens were read; left out where all of every text is. */
  readonly truncated?: { readonly tokens: number; readonly set: number; readonly human: number } | undefined;
}

/** The measures of an arm's texts of one language. */
export interface MeasuredLanguage {
  readonly set: ReportedSize;
  readonly human?: ReportedSize | undefined;
  /** Words at which distinct-n is taken. */
  readonly distinctBudget: number;
  /** The size at which lexical measures are compared with human texts. */
  readonly matched?:
    | { readonly texts: number; readonly meanWords: number; readonly draws: number }
    | undefined;
  readonly embeddings?: ReportedEncoding | undefined;
  readonly authenticity?: ReportedEncoding | undefined;
  readonly measures: ReportedMeasures;
}

/** The three axes for the texts of one language and label. */
export interface ScoreCell {
  readonly language: string;
  /** Undefined for all labels together. */
  readonly label?: string | undefined;
  readonly texts: number;
  readonly success: CellValue;
  readonly coherence: CellValue;
  readonly diversity: CellValue;
  readonly harmonic: CellValue;
  readonly meanWords?: number | undefined;
}

/** A value with the ends of its 95 % bootstrap interval. */
export interface CellValue extends ReportedValue {
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** Every measure of an arm's data set. */
export interface ArmMeasures {
  /** What the embeddings were made with; undefined where there are none. */
  readonly encoder?: string | undefined;
  /** The judge's name; undefined if the recipe asks for none. */
  readonly judge?: string | undefined;
  /** Means over languages, each with the weight of its texts. */
  readonly all: ReportedMeasures;
  /** By ISO 639 code. */
  readonly languages: Readonly<Record<string, MeasuredLanguage>>;
  readonly cells: readonly ScoreCell[];
}

/** How a cell of the sweep steered the residual stream. */
export interface PilotSteering {
  /** How the vector was made: `mean-difference`, `lda` and so on. */
  readonly method: string;
  /** What was done with it: `add`, `rotate` and so on. */
  readonly operation: string;
  /** 0-based blocks that were steered together, ascending. */
  readonly layers: readonly number[];
  /** In the operation's own unit: for `add` mean residual norms, unless the recipe says `absolute`. */
  readonly strength: number;
  /** Euclidean length of what is added to the residual stream; not a number for an operation that adds nothing. */
  readonly absoluteStrength: number;
}

/** How a cell of the sweep guided what was drawn. */
export interface PilotGuidance {
  /** `steer`, `classifier-free` and so on. */
  readonly preset: string;
  /** Undefined where the preset has none. */
  readonly gamma?: number | undefined;
  readonly eta?: number | undefined;
}

/** One cell of the sweep; the keys of its steering are undefined where there was only guidance. */
export interface PilotResult extends Partial<PilotSteering> {
  readonly configuration: string;
  /** Undefined where there was only steering. */
  readonly guidance?: PilotGuidance | undefined;
  readonly kept: number;
  readonly written: number;
  readonly success: number;
  readonly coherence: number;
  readonly diversity: number;
  readonly harmonic: number;
  /** Interval of the harmonic mean. */
  readonly intervals?: { readonly low: number; readonly high: number } | undefined;
  /** Of the harmonic mean and its parts. */
  readonly axisIntervals?: ScoreIntervals | undefined;
  /** Steered so hard that the text fell apart. */
  readonly collapsed?: boolean | undefined;
}

export interface ReportedSample {
  /** The arm's `name`. */
  readonly arm: string;
  readonly label: string;
  /** ISO 639 code. */
  readonly language: string;
  readonly text: string;
}

/** Difference of two arms in what classifiers are compared by, with its interval. */
export interface Comparison {
  readonly arm: string;
  readonly baseline: string;
  /** `arm` minus `baseline`. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** In a word or two: `better`, `no difference`, `worse`. */
  readonly verdict: string;
  readonly sentence: string;
}

/** A search of the sweep. */
export interface ReportedStudy {
  /** `grid`, `random` or `halving`. */
  readonly search: string;
  /** What classifiers are compared by; undefined where none were trained. */
  readonly metric: string | undefined;
  /** Configurations that were tried. */
  readonly tried: number;
  readonly rounds: readonly {
    /** Texts of each label and language. */
    readonly texts: number;
    readonly configurations: number;
    /** How many went on. */
    readonly kept: number;
  }[];
  /** The best first. */
  readonly rows: readonly StudyRow[];
  readonly correlations: readonly ReportedCorrelation[];
  readonly failures: readonly { readonly configuration: string; readonly message: string }[];
  /** Why the study ended early. */
  readonly ended?: string | undefined;
  readonly tokens: {
    /** Written by the search. */
    readonly search: number;
    /** What the whole sweep with all texts of the pilot would have taken, by the mean of a text. */
    readonly grid: number;
    /** All that were written. */
    readonly all: number;
  };
}

/** A configuration of a study, with the scores of the texts that it was ranked by. */
export interface StudyRow {
  readonly configuration: string;
  /** The last round that it took part in, from 1. */
  readonly round: number;
  readonly texts: number;
  readonly success: number | undefined;
  readonly coherence: number | undefined;
  readonly diversity: number | undefined;
  readonly harmonic: number | undefined;
  readonly interval?: { readonly low: number; readonly high: number } | undefined;
  /** Of the classifiers trained on its data set; undefined where it got none. */
  readonly downstream?: { readonly mean: number; readonly sd: number } | undefined;
  /** From each baseline. */
  readonly differences: readonly {
    readonly baseline: string;
    readonly difference: number;
    readonly low: number;
    readonly high: number;
    readonly correctedPValue: number;
    readonly verdict: string;
  }[];
}

/** Spearman's rank correlation of a score with what classifiers reach. */
export interface ReportedCorrelation {
  /** `searched` is the harmonic mean on the texts of the search; the others are of the data sets. */
  readonly score: "success" | "coherence" | "diversity" | "harmonic" | "searched";
  readonly rho: number;
  readonly pValue: number;
  /** Configurations with a data set. */
  readonly pairs: number;
}

export interface RunCost {
  readonly seconds: number;
  /** Of those, seconds in which texts were scored: read by the model, measured and judged. */
  readonly scoringSeconds?: number | undefined;
  readonly generatedTokens: number;
  readonly tokensPerSecond: number;
}
