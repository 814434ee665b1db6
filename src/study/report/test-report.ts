import type { FilterName } from "../../store/sample.js";
import type { ArmMeasures, ArmResult, PilotResult, ReportedMeasure, RunReport } from "./run-report.js";

/** A made-up report with everything in it, for the tests of this folder. The numbers mean nothing. */

const filters = (loop: number, language: number): Record<FilterName, number> => ({
  empty: 0,
  short: 3,
  echo: 1,
  loop,
  language,
  duplicate: 7,
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
