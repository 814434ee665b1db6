import type { FilterName } from "../../store/sample.js";

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
  readonly samples: readonly ReportedSample[];
  readonly comparisons: readonly Comparison[];
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
  /** Test macro-F1, 0 to 1, of the classifiers that were trained on this arm's texts. */
  readonly classifier?: ClassifierSummary | undefined;
}

export interface ClassifierSummary {
  readonly mean: number;
  /** Standard deviation over the seeds. */
  readonly sd: number;
  /** One value for each seed. */
  readonly values: readonly number[];
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
  readonly notes: readonly string[];
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

/** Difference of two arms in macro-F1, with its interval. */
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

export interface RunCost {
  readonly seconds: number;
  readonly generatedTokens: number;
  readonly tokensPerSecond: number;
}
