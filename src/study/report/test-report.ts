import type { FilterName } from "../../store/sample.js";
import type {
  ArmMeasures,
  ArmResult,
  ClassifierSummary,
  PilotResult,
  ReportedMeasure,
  ReportedStudy,
  RunReport,
} from "./run-report.js";

/** A made-up report with everything in it, for the tests of this folder. The numbers mean nothing. */

const filters = (loop: number, language: number): Record<FilterName, number> => ({
  empty: 0,
  short: 3,
  long: 0,
  "template-residue": 4,
  echo: 1,
  loop,
  language,
  "code-mixing": 0,
  duplicate: 7,
  "near-duplicate": 5,
  "copies-demonstration": 2,
  memorised: 1,
  "self-check": 0,
  judge: 0,
});

const missing = { absent: "there are no human texts to compare with" };

function measured(value: number): ReportedMeasure {
  return {
    set: { value, standardError: 0.0123 },
    atEqualSize: value * 0.96,
    human: { value: value * 1.25 },
    relative: { value: 0.768, standardError: 0.02 },
  };
}

function armMeasures(distinct2: number): ArmMeasures {
  const size = { texts: 1191, wordless: 2, words: 37421, meanWords: 31.42 };
  const all = {
    meanWords: { set: { value: 31.42 }, human: { value: 29.1 }, relative: { absent: "no length is right" } },
    distinct2: measured(distinct2),
    vendiScore: { set: { value: 143.2, standardError: 1.4 }, human: missing, relative: missing },
    mauve: { set: missing, human: missing, relative: missing },
    "copies@demonstrations": { set: { value: 0.02, without: ["id"] }, human: missing, relative: missing },
    "made-up": measured(0.5),
  };
  const language = { set: size, human: size, distinctBudget: 500, measures: all };
  return {
    encoder: "character n-grams 2-4, hashed to 1024",
    judge: "a judge, rubrics 1",
    all,
    languages: { en: language, id: language },
    cells: ["positive", "negative"].map((label) => ({
      language: "en",
      label,
      texts: 600,
      success: { value: 0.871, low: 0.85, high: 0.89 },
      coherence: { absent: "no text has a log-probability" },
      diversity: { value: 0.55 },
      harmonic: { absent: "one of the three is not measured" },
      meanWords: 31,
    })),
  };
}

export const arms: readonly ArmResult[] = [
  {
    name: "steered",
    title: "Steered zero-shot",
    configuration: "mean-difference@10x0.2",
    measures: armMeasures(0.71),
    kept: 1191,
    written: 1264,
    tokens: 71230,
    filters: filters(22, 40),
    score: {
      success: 0.871,
      coherence: 0.642,
      diversity: 0.583,
      harmonic: 0.681,
      parts: { "label agreement": 0.912, "language agreement": 0.955, "distinct-2": 0.71 },
      meanWords: 31.42,
      notes: [],
    },
    classifier: { mean: 0.7423, sd: 0.0128, values: [0.731, 0.752, 0.749, 0.726, 0.7535] },
  },
  {
    name: "zero-shot",
    title: "Zero-shot prompting",
    configuration: "zero-shot",
    measures: armMeasures(0.52),
    kept: 1200,
    written: 1240,
    tokens: 68011,
    filters: filters(9, 21),
    score: {
      success: 0.902,
      coherence: 0.7,
      diversity: 0.412,
      harmonic: 0.614,
      parts: { "label agreement": 0.931, "language agreement": 0.969, "distinct-2": 0.52 },
      meanWords: 27.05,
      notes: ["Scored on 48 texts."],
    },
    classifier: { mean: 0.7188, sd: 0.0152, values: [0.701, 0.739, 0.72, 0.708, 0.726] },
  },
  {
    name: "few-shot",
    title: "Few-shot prompting",
    configuration: "few-shot",
    kept: 1180,
    written: 1302,
    tokens: 80999,
    filters: filters(60, 12),
    score: {
      success: 0.93,
      coherence: 0.744,
      diversity: 0.377,
      harmonic: 0.592,
      parts: { "label agreement": 0.95, "language agreement": 0.979 },
      meanWords: 22.9,
      notes: [],
    },
    classifier: { mean: 0.7301, sd: 0.0097, values: [0.72, 0.741, 0.735, 0.722, 0.7325] },
  },
];

function pilotResult(layer: number, strength: number): PilotResult {
  const depth = layer / 22;
  const success = 0.55 + 0.5 * strength + 0.2 * depth;
  const coherence = Math.max(0.03, 0.85 - 2.2 * strength * strength - 0.3 * depth * strength);
  const diversity = 0.4 + 0.8 * strength * (1 - depth);
  const harmonic = 3 / (1 / success + 1 / coherence + 1 / diversity);
  return {
    configuration: `mean-difference@${layer}x${strength}`,
    method: "mean-difference",
    operation: "add",
    layers: [layer],
    strength,
    absoluteStrength: strength * (4 + layer),
    kept: 14,
    written: 16,
    success,
    coherence,
    diversity,
    harmonic,
    intervals: { low: harmonic - 0.05, high: harmonic + 0.06 },
    collapsed: coherence < 0.2,
  };
}

export const exampleReport: RunReport = {
  title: "film-reviews",
  model: {
    name: "TinyLlama 1.1B Chat",
    file: "/models/tinyllama.Q8_0.gguf",
    sha256: "0123456789abcdef".repeat(4),
    architecture: "llama",
    layers: 22,
    width: 2048,
  },
  verdict:
    "Steering beat zero-shot prompting by 0.024 macro-F1; against few-shot prompting there is no clear difference.",
  arms,
  pilot: [4, 10, 16]
    .flatMap((layer) => [0.1, 0.2, 0.3, 0.6].map((strength) => pilotResult(layer, strength)))
    .filter(({ layers, strength }) => layers?.[0] !== 16 || strength !== 0.3),
  chosen: "mean-difference@10x0.2",
  samples: ["positive", "negative"].flatMap((label) => [
    {
      arm: "steered",
      label,
      language: "en",
      text: "I sat down with no hopes at all, and left humming.\nTwice!",
    },
    {
      arm: "zero-shot",
      label,
      language: "en",
      text: "This film is great. The acting is great. <b>Great</b> & fun.",
    },
    {
      arm: "few-shot",
      label,
      language: "en",
      text: "A warm, funny film about a village that loses its only bus.",
    },
    { arm: "steered", label, language: "he", text: "הסרט הזה היה נפלא, במיוחד הסוף (2019)!" },
    { arm: "zero-shot", label, language: "he", text: "סרט טוב מאוד." },
    { arm: "steered", label, language: "th", text: "หนังเรื่องนี้สนุกมากและทำให้ฉันยิ้มได้ทั้งวันโดยไม่รู้ตัวเลย" },
    { arm: "few-shot", label, language: "th", text: "ดีมาก" },
  ]),
  comparisons: [
    {
      arm: "steered",
      baseline: "zero-shot",
      difference: 0.0235,
      low: 0.0091,
      high: 0.0377,
      verdict: "better",
      sentence: "Classifiers trained on steered texts were better than those trained on zero-shot texts.",
    },
    {
      arm: "steered",
      baseline: "few-shot",
      difference: 0.0122,
      low: -0.0031,
      high: 0.0275,
      verdict: "no difference",
      sentence: "Between steered and few-shot texts no difference could be told.",
    },
  ],
  notes: ["The classifier saw 5 seeds; the interval is over seeds and not over test texts."],
  recipe: "name: film-reviews\nmodel:\n  source: tinyllama\ntask:\n  labels: [positive, negative]\n",
  cost: { seconds: 4215, generatedTokens: 220240, tokensPerSecond: 52.3 },
  version: "0.1.0",
};

function guidedResult(gamma: number, eta: number): PilotResult {
  const { method, operation, layers, strength, absoluteStrength, ...scores } = pilotResult(
    4,
    gamma / 2 + eta / 4,
  );
  return { ...scores, configuration: `steer@g${gamma}e${eta}`, guidance: { preset: "steer", gamma, eta } };
}

/** A run of guidance alone. */
export const guidedReport: RunReport = {
  ...exampleReport,
  pilot: [0, 0.2, 0.6].flatMap((gamma) => [0, 0.6].map((eta) => guidedResult(gamma, eta))),
  chosen: "steer@g0.2e0.6",
};

/** A run of steering and guidance: each configuration of the one with each cell of the other. */
export const combinedReport: RunReport = {
  ...exampleReport,
  pilot: exampleReport.pilot.flatMap((steered) =>
    guidedReport.pilot.map(({ guidance, configuration }) => ({
      ...steered,
      configuration: `${steered.configuration}~${configuration}`,
      guidance,
    })),
  ),
  chosen: "mean-difference@10x0.2~steer@g0.2e0.6",
};

/** A run that has only begun: every list is empty, and nothing was measured. */
export const emptyReport: RunReport = {
  ...exampleReport,
  verdict: "There is no verdict: the recipe names no test texts.",
  arms: [],
  pilot: [],
  chosen: undefined,
  samples: [],
  comparisons: [],
  notes: [],
  recipe: "",
  cost: { seconds: 0, generatedTokens: 0, tokensPerSecond: Number.NaN },
};

const LABELS = ["positive", "ลบ", "</svg><script>alert(1)</script>", "عادي", "中立", "😀"];

function detailed(mean: number): ClassifierSummary {
  return {
    mean,
    sd: 0.021,
    values: [mean - 0.02, mean + 0.01, mean + 0.01],
    metric: "macro-f1",
    macroF1: { mean, sd: 0.021 },
    auroc: { mean: mean + 0.1, sd: 0.01 },
    accuracy: { mean: mean + 0.02, sd: 0.02 },
    perLabel: LABELS.map((label, i) => ({
      label,
      precision: mean - 0.1 + i / 40,
      recall: mean + 0.1 - i / 40,
      f1: mean,
      support: 40 + i,
    })),
    perLanguage: ["en", "th"].map((language, i) => ({ language, macroF1: mean - i / 10 })),
    confusion: LABELS.map((_, i) => LABELS.map((_, j) => (i === j ? 31.7 : (i + j) / 3))),
    calibration: { logLoss: 0.61, brier: 0.35, calibrationError: 0.08 },
  };
}

const searched: ArmResult[] = exampleReport.pilot.slice(0, 5).map((result, i) => ({
  ...arms[i % 2]!,
  name: result.configuration,
  tokens: 71_230 - i,
  title: `Steered at layer ${result.layers?.[0]}, strength ${result.strength}`,
  configuration: result.configuration,
  score: {
    ...arms[0]!.score!,
    success: result.success,
    coherence: result.coherence,
    diversity: result.diversity,
    harmonic: result.harmonic,
  },
  classifier: detailed(0.62 + i / 50),
}));

const study: ReportedStudy = {
  search: "halving",
  metric: "macro-F1",
  tried: 12,
  rounds: [
    { texts: 4, configurations: 11, kept: 5 },
    { texts: 12, configurations: 5, kept: 0 },
  ],
  rows: exampleReport.pilot.map((result, i) => ({
    configuration: result.configuration,
    round: i < 5 ? 2 : 1,
    texts: i < 5 ? 24 : 8,
    success: result.success,
    coherence: i === 7 ? undefined : result.coherence,
    diversity: result.diversity,
    harmonic: i === 7 ? undefined : result.harmonic,
    interval: { low: result.harmonic - 0.05, high: result.harmonic + 0.06 },
    ...(i < 5 ? { downstream: { mean: 0.62 + i / 50, sd: 0.021 } } : {}),
    differences:
      i < 5
        ? ["zero-shot", "few-shot"].map((baseline) => ({
            baseline,
            difference: i / 50 - 0.03,
            low: i / 50 - 0.05,
            high: i / 50 - 0.01,
            correctedPValue: 0.04,
            verdict: i === 0 ? "worse" : "no difference",
          }))
        : [],
  })),
  correlations: [
    { score: "success", rho: 0.3, pValue: 0.61, pairs: 5 },
    { score: "coherence", rho: -0.7, pValue: 0.18, pairs: 5 },
    { score: "diversity", rho: 0.9, pValue: 0.037, pairs: 5 },
    { score: "harmonic", rho: 0.6, pValue: 0.28, pairs: 5 },
    { score: "searched", rho: 0.5, pValue: 0.39, pairs: 5 },
  ],
  failures: [{ configuration: "mean-difference@16x0.3", message: "The engine ended: <unknown>." }],
  ended: "The budget of 100 000 tokens was spent.",
  tokens: { search: 61_203, grid: 152_840, all: 220_240 },
};

/** A study: many data sets, classifiers in every detail, learning curves, human texts beside them. */
export const studyReport: RunReport = {
  ...exampleReport,
  arms: [
    { ...searched[1]!, name: "steered" },
    ...arms.slice(1).map((arm, i) => ({ ...arm, classifier: detailed(0.66 + i / 50) })),
    ...searched.filter((_, i) => i !== 1),
  ],
  trainer: "n-grams and logistic regression",
  references: [{ name: "human", title: "Human texts", texts: 300, classifier: detailed(0.81) }],
  curves: ["steered", "zero-shot", "few-shot", "human"].map((arm, i) => ({
    arm,
    points: [10, 20, 50, 100, 200, 400].map((size) => ({
      size,
      mean: 0.4 + 0.13 * Math.log10(size) - 0.015 * i,
      sd: 0.06 / Math.log10(size),
    })),
  })),
  languageModels: {
    format: 1,
    metric: "macro-f1",
    labels: LABELS,
    testTexts: 240,
    results: [
      {
        arm: "zero-shot",
        model: "hf:someone/model",
        size: 0,
        seeds: 1,
        accuracy: { mean: 0.7, sd: 0 },
        macroF1: { mean: 0.68, sd: 0 },
        interval: { low: 0.62, high: 0.74 },
        calibration: { logLoss: 0.9, brier: 0.5, calibrationError: 0.12 },
      },
      {
        arm: "instruction-tuned",
        model: "npm:small",
        trainedOn: "steered",
        size: 600,
        seeds: 3,
        accuracy: { mean: 0.76, sd: 0.01 },
        macroF1: { mean: 0.75, sd: 0.01 },
        calibration: { logLoss: 0.7, brier: 0.4, calibrationError: 0.09 },
        againstZeroShot: { difference: 0.07, low: 0.02, high: 0.12, pValue: 0.004, correctedPValue: 0.008 },
      },
    ],
    notes: ["In-context examples did not fit."],
  },
  study,
  cost: { ...exampleReport.cost, scoringSeconds: 622 },
};
