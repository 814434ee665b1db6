import { createIdentifier } from "../language/identify.js";
import { codeMixing } from "../score/code-mixing.js";
import { probeSuccess, trainConceptProbe } from "../score/concept-probe.js";
import type { MeasureId } from "../score/definitions.js";
import { type Encodings, embeddingAuthenticity, embeddingDiversity } from "../score/embedding-scores.js";
import { type LexicalMeasure, lexicalMeasures, type SetSize } from "../score/lexical-measures.js";
import { type LexicalOverlap, lexicalOverlap } from "../score/lexical-overlap.js";
import { type LexicalSet, lexicalSet, lexicalText } from "../score/lexical-set.js";
import { absent, exactly, type Measured } from "../score/measured.js";
import { mattrWindow } from "../score/reference.js";
import { mean } from "../score/statistics.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import type { MeasuredLanguage, ReportedEncoding, ReportedMeasure } from "./report/run-report.js";

/** What is measured of texts of one language as they stand. Plain data: it may go to another thread. */
export interface LexicalJob {
  readonly kind: "lexical";
  readonly texts: readonly string[];
  readonly human: readonly string[];
  /** By name, texts that the set may have taken from. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  readonly language: string;
  /** Words at which distinct-n is taken, if the set has as many. */
  readonly budget: number;
  readonly seed: number;
}

/** What is measured of embedded texts of one language. */
export interface EmbeddingJob {
  readonly kind: "embeddings";
  readonly encodings: Encodings;
  /** Texts of which the encoder read only so many tokens; left out where it reads all of every text. */
  readonly truncated?: ReportedEncoding["truncated"];
  /** The label that was asked for with each text of the set. */
  readonly labels: readonly string[];
  /** What tells the labels apart; empty where the contrast sets are not of the labels. */
  readonly contrast: readonly LabelEncodings[];
  /** Whether the set is told apart from human texts, which takes longest. */
  readonly authenticity: boolean;
  /** Most texts of a side that are told apart at a time. */
  readonly authenticityTexts: number;
  readonly seed: number;
}

/** Contrast texts of a label: a probe is learned from the one part, and calibrated on the other. `[texts][width]` each */
export interface LabelEncodings {
  readonly label: string;
  readonly learned: DenseMatrix;
  readonly heldOut: DenseMatrix;
}

export type MeasureJob = LexicalJob | EmbeddingJob;

export type LexicalResult = Pick<
  MeasuredLanguage,
  "set" | "human" | "distinctBudget" | "matched" | "measures"
>;
export type EmbeddingResult = Pick<MeasuredLanguage, "embeddings" | "authenticity" | "measures">;
export type MeasureResult<Job extends MeasureJob> = Job extends LexicalJob ? LexicalResult : EmbeddingResult;

/** Fewer human texts say nothing of how human a set is: halves of them are compared. */
const FEWEST_HUMAN = 20;

const NO_HUMAN = "there are no human texts to compare with";

/** Does a job. It holds its thread until it is done. */
export async function measureTexts<Job extends MeasureJob>(job: Job): Promise<MeasureResult<Job>> {
  const result = job.kind === "lexical" ? await lexical(job) : embedded(job);
  return result as MeasureResult<Job>;
}

async function lexical(job: LexicalJob): Promise<LexicalResult> {
  const { language, seed } = job;
  const prepared = (texts: readonly string[]) => texts.map((text) => lexicalText(text, language));
  const set = lexicalSet(prepared(job.texts));
  const human = job.human.length === 0 ? undefined : lexicalSet(prepared(job.human));
  const sources = Object.fromEntries(
    Object.entries(job.sources).map(([name, texts]) => [name, prepared(texts)]),
  );
  const budget = Math.max(1, Math.min(job.budget, set.words.length));
  const filled = human?.texts.flatMap(({ tokens }) => (tokens.length === 0 ? [] : [tokens.length])) ?? [];
  const scores = lexicalMeasures(set, {
    seed,
    language,
    budget,
    sources,
    ...(filled.length > 0 ? { window: mattrWindow(filled) } : {}),
    ...(human ? { human } : {}),
  });
  const overlaps = Object.entries(scores.overlap).flatMap(([name, { value, absent: reason }]) =>
    overlapMeasures(name, value ?? reason!, human && lexicalOverlap(human, sources[name]!)),
  );
  return {
    set: sizeOf(scores.size),
    ...(scores.human ? { human: sizeOf(scores.human) } : {}),
    distinctBudget: budget,
    ...(scores.matchedSize ? { matched: scores.matchedSize } : {}),
    measures: {
      meanWords: lengths(set, human),
      codeMixing: await mixing(job),
      ...Object.fromEntries(Object.entries(scores.measures).map(([id, found]) => [id, matched(found)])),
      ...Object.fromEntries(overlaps),
    },
  };
}

function sizeOf({ texts, wordless, words, meanWords }: SetSize) {
  return { texts, wordless, words, ...(meanWords === undefined ? {} : { meanWords }) };
}

function matched(found: LexicalMeasure): ReportedMeasure {
  const { relative, matched: sides } = found;
  return {
    set: reported(found),
    ...(sides ? { atEqualSize: sides.set } : {}),
    human: sides ? { value: sides.human } : { absent: relative.absent! },
    relative: reported(relative),
  };
}

/** What is there of a measured number, as plain data. */
export function reported({ value, standardError, absent: reason }: Measured) {
  return {
    ...(value === undefined ? {} : { value }),
    ...(standardError === undefined ? {} : { standardError }),
    ...(reason === undefined ? {} : { absent: reason }),
  };
}

function lengths(set: LexicalSet, human: LexicalSet | undefined): ReportedMeasure {
  const length = ({ texts, words }: LexicalSet): Measured =>
    texts.length === 0 ? absent("there are no texts") : exactly(words.length / texts.length);
  return beside(length(set), human ? length(human) : absent(NO_HUMAN), "no length is right");
}

async function mixing({ texts, human, language }: LexicalJob): Promise<ReportedMeasure> {
  const identifier = await createIdentifier();
  const shareOf = (some: readonly string[]) => codeMixing(some, language, identifier).value;
  return beside(
    shareOf(texts),
    human.length === 0 ? absent(NO_HUMAN) : shareOf(human),
    "human texts have about 0, which nothing can be relative to",
  );
}

function beside(set: Measured, human: Measured, notRelative: string): ReportedMeasure {
  return { set: reported(set), human: reported(human), relative: { absent: notRelative } };
}

function overlapMeasures(
  source: string,
  found: LexicalOverlap | string,
  human: LexicalOverlap | undefined,
): [string, ReportedMeasure][] {
  const measure = (
    id: MeasureId,
    of: (overlap: LexicalOverlap) => number | undefined,
    compares = true,
  ): [string, ReportedMeasure] => {
    const measured = (overlap: LexicalOverlap): Measured => {
      const value = of(overlap);
      return value === undefined ? absent("no text is long enough") : exactly(value);
    };
    const set = typeof found === "string" ? absent(found) : measured(found);
    const humans = human === undefined ? absent(NO_HUMAN) : measured(human);
    return [
      `${id}@${source}`,
      beside(
        set,
        compares ? humans : absent("it grows with the number of texts"),
        "what is shared is no quality to be relative in",
      ),
    ];
  };
  return [
    ...([1, 2, 3, 4] as const).map((n) => measure(`overlapNgrams${n}`, ({ ngrams }) => ngrams[n - 1])),
    measure("longestRun", ({ longestRun }) => longestRun, false),
    measure("meanLongestRun", ({ meanLongestRun }) => meanLongestRun),
    measure("copies", ({ copies }) => copies),
  ];
}

const PROBE = ["probeSuccess", "probeAuroc"] as const;
const DIVERSITY = ["pairwiseDistance", "vendiScore", "nearestNeighbourDistance"] as const;
const AUTHENTICITY = [
  "adversarialAuroc",
  "mauve",
  "centroidCosine",
  "meanCosine",
  "precision",
  "recall",
  "density",
  "coverage",
] as const;

function embedded(job: EmbeddingJob): EmbeddingResult {
  const { encodings, authenticity, authenticityTexts, seed } = job;
  const diversity = embeddingDiversity(encodings, { seed });
  const truncated = job.truncated ? { truncated: job.truncated } : {};
  const always = {
    ...probed(job),
    ...Object.fromEntries(DIVERSITY.map((id) => [id, besideHuman(diversity[id])])),
  };
  const unmeasured = authenticity
    ? tooFew(encodings.human.rows - diversity.leftOut.human, encodings.set.rows - diversity.leftOut.set)
    : "the recipe turns it off (scoring.authenticity)";
  if (unmeasured !== undefined) {
    const measures = { ...always, ...absentMeasures(AUTHENTICITY, unmeasured) };
    return { embeddings: { ...comparedIn(diversity), ...truncated }, measures };
  }
  const found = embeddingAuthenticity(encodings, { seed, texts: authenticityTexts });
  const authentic = AUTHENTICITY.map((id) => [id, besideHuman(found[id])] as const);
  return {
    embeddings: { ...comparedIn(diversity), ...truncated },
    authenticity: comparedIn(found),
    measures: { ...always, ...Object.fromEntries(authentic) },
  };
}

/** How probably each text has its label, by a probe for each label against the others. */
function probed({ encodings, labels, contrast }: EmbeddingJob): Record<string, ReportedMeasure> {
  if (contrast.length === 0) return absentMeasures(PROBE, "the contrast sets are not of the task's labels");
  const probabilities: number[] = [];
  const aurocs: number[] = [];
  for (const { label, learned, heldOut } of contrast) {
    const others = contrast.filter((other) => other.label !== label);
    const probe = trainConceptProbe(
      { positive: learned, negative: joinedRows(others.map((other) => other.learned)) },
      { positive: heldOut, negative: joinedRows(others.map((other) => other.heldOut)) },
    );
    if ("absent" in probe) return absentMeasures(PROBE, `${label}: ${probe.absent}`);
    const rows = [...labels.keys()].filter((row) => labels[row] === label);
    const own = probeSuccess(probe, rowsOf(encodings.set, rows)).probabilities;
    probabilities.push(...own.filter((probability) => probability !== undefined));
    aurocs.push(probe.heldOutAuroc);
  }
  const success = mean(probabilities);
  const human = absent("its held-out human texts are what the probe is calibrated on");
  return {
    probeSuccess: beside(
      success === undefined ? absent("no text with an embedding") : exactly(success),
      human,
      human.absent!,
    ),
    probeAuroc: beside(exactly(mean(aurocs)!), human, human.absent!),
  };
}

function joinedRows(matrices: readonly DenseMatrix[]): DenseMatrix {
  const columns = matrices[0]!.columns;
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const values = new Float64Array(rows * columns);
  let at = 0;
  for (const matrix of matrices) {
    values.set(matrix.values, at);
    at += matrix.values.length;
  }
  return { rows, columns, values };
}

function rowsOf({ columns, values }: DenseMatrix, rows: readonly number[]): DenseMatrix {
  const own = new Float64Array(rows.length * columns);
  for (const [at, row] of rows.entries()) {
    own.set(values.subarray(row * columns, (row + 1) * columns), at * columns);
  }
  return { rows: rows.length, columns, values: own };
}

/** Every measure by embeddings, absent for one reason. */
export function noEmbeddings(reason: string): EmbeddingResult {
  return { measures: absentMeasures([...PROBE, ...DIVERSITY, ...AUTHENTICITY], reason) };
}

export function absentMeasures(ids: readonly MeasureId[], reason: string): Record<string, ReportedMeasure> {
  return Object.fromEntries(
    ids.map((id) => [
      id,
      { set: { absent: reason }, human: { absent: reason }, relative: { absent: reason } },
    ]),
  );
}

function tooFew(human: number, set: number): string | undefined {
  if (set === 0) return "there are no texts with an embedding";
  return human < FEWEST_HUMAN
    ? `there are ${human} human texts to tell the set apart from, fewer than ${FEWEST_HUMAN}`
    : undefined;
}

function besideHuman(found: {
  readonly set: Measured;
  readonly human: Measured;
  readonly relative: Measured;
}): ReportedMeasure {
  return {
    set: reported(found.set),
    human: reported(found.human),
    relative: reported(found.relative),
  };
}

function comparedIn({ encoder, texts, leftOut }: ReportedEncoding): ReportedEncoding {
  return { encoder, texts, leftOut };
}
