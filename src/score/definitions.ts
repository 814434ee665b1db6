/** What a number of the scores means. One registry: the page, the command and `docs/scores.md` name the same things. */
export interface Definition {
  readonly group: DefinitionGroup;
  /** Short, in plain words. */
  readonly name: string;
  /** One line for a reader who knows none of the terms. */
  readonly meaning: string;
  /** U(n): different n-grams, N(n): all of them, W words, T texts, x and y unit vectors of texts. */
  readonly formula: string;
  readonly range: string;
  /** What a larger value says. */
  readonly higherIs: string;
  /** Where it comes from; left out where it is Tiller's own, or plain counting. */
  readonly source?: string;
}

/** In the order in which they are shown. */
export const DEFINITION_GROUPS = [
  "Scores",
  "Success",
  "Coherence",
  "Length",
  "Diversity within texts",
  "Diversity between texts",
  "Diversity by embeddings",
  "Authenticity by embeddings",
  "Overlap with given texts",
  "Judge",
] as const;
export type DefinitionGroup = (typeof DEFINITION_GROUPS)[number];

const SHARE = "0 to 1";
const COSINE = "−1 to 1";
const STEER_PAPER = "STEER, arXiv 2308.07645";
const AXBENCH = "after AxBench, arXiv 2501.17148";

const distinct = (n: number): Definition => ({
  group: "Diversity between texts",
  name: `distinct-${n}`,
  meaning:
    n === 1
      ? "Share of different words among all, at a fixed number of words."
      : `Share of different runs of ${n} words among all, at a fixed number of words.`,
  formula: `U(${n}) / N(${n}) of texts drawn until the budget of words, mean over 40 draws`,
  range: SHARE,
  higherIs: "more diverse",
  source: "Li et al. 2016",
});

const compressed = (format: string, window: string): Definition => ({
  group: "Diversity between texts",
  name: `compressed size (${format})`,
  meaning: `What ${format} makes of the texts, as a share of their size: what repeats is packed away.`,
  formula: `compressed bytes / bytes of at most ${window}, mean over 10 draws`,
  range: "0 to about 1",
  higherIs: "more diverse",
});

const overlap = (n: number): Definition => ({
  group: "Overlap with given texts",
  name: n === 1 ? "shared words" : `shared ${n}-grams`,
  meaning: `Share of a text's ${n === 1 ? "words" : `runs of ${n} words`} that the given texts have too.`,
  formula: `n-grams of the text found in the source / N(${n}), mean over texts`,
  range: SHARE,
  higherIs: "closer to the given texts: anchored, or copied",
});

const judged = (name: string, meaning: string): Definition => ({
  group: "Judge",
  name,
  meaning,
  formula: "Σ rating · P(rating) over 0, 1, 2, mean over both orders of the rubric and over texts",
  range: "0 to 2",
  higherIs: "better",
  source: AXBENCH,
});

const ALL = {
  success: {
    group: "Scores",
    name: "success",
    meaning: "Share of texts that are in the language, and show the label, that were asked for.",
    formula: "texts with both right, or not checkable, and not dropped / T",
    range: SHARE,
    higherIs: "better",
    source: "arXiv 2605.28664",
  },
  coherence: {
    group: "Scores",
    name: "coherence",
    meaning: "How probable the unsteered model finds the texts, from shuffled words (0) to human texts (1).",
    formula:
      "mean of clamp((ℓ − b) / (t − b), 0, 1) · (1 − max(0, r − r of human texts)), ℓ log-probability per token, t and b its medians for human and shuffled texts, r repeated trigrams",
    range: SHARE,
    higherIs: "more like human text",
  },
  diversity: {
    group: "Scores",
    name: "diversity",
    meaning: "How little the texts repeat themselves and each other, against human texts at equal size.",
    formula: "½ r(mattr) + ¼ r(distinct2) + ¼ r(gzip), r(m) = min(1, m / m of human texts)",
    range: SHARE,
    higherIs: "more diverse",
  },
  harmonic: {
    group: "Scores",
    name: "harmonic mean",
    meaning: "Success, coherence and diversity together: low as soon as one of them is.",
    formula: "3 / (1/success + 1/coherence + 1/diversity), 0 if one is 0",
    range: SHARE,
    higherIs: "better",
    source: "arXiv 2605.28664",
  },
  languageRight: {
    group: "Success",
    name: "language right",
    meaning: "Share of texts that language identification does not give to another language.",
    formula: "texts in the language / texts whose language can be checked",
    range: SHARE,
    higherIs: "better",
  },
  labelRight: {
    group: "Success",
    name: "label right",
    meaning: "Share of texts to which a classifier of human texts gives the label that was asked for.",
    formula: "texts with predicted label = asked label / texts whose label can be checked",
    range: SHARE,
    higherIs: "better; 1 / labels is chance",
  },
  probeSuccess: {
    group: "Success",
    name: "label by embeddings",
    meaning: "How probably a text has its label, by a direction that tells the contrast texts apart.",
    formula: "mean of 1 / (1 + exp(−(a · (x·w) + b))), w from contrast texts, a and b from held-out ones",
    range: SHARE,
    higherIs: "better",
  },
  probeAuroc: {
    group: "Success",
    name: "what that direction is worth",
    meaning: "How often a held-out contrast text of the label lies further along than one of another label.",
    formula: "area under the ROC curve of x·w on held-out contrast texts, mean over labels",
    range: "above 0.5 to 1",
    higherIs: "more to be trusted",
  },
  codeMixing: {
    group: "Success",
    name: "code-mixing",
    meaning: "Share of a text's sentences that are in another language.",
    formula: "sentences in another language / sentences of a sure language, mean over texts",
    range: SHARE,
    higherIs: "more mixed",
  },
  logProbability: {
    group: "Coherence",
    name: "log-probability per token",
    meaning: "How probable the unsteered model finds a token of the texts.",
    formula: "mean over texts of (1/n) Σ ln p(token | tokens before it)",
    range: "below 0",
    higherIs: "more expected",
  },
  repeatedTrigrams: {
    group: "Coherence",
    name: "repeated trigrams",
    meaning: "Share of a text's runs of 3 words that repeat an earlier one; 0 for texts too short to repeat.",
    formula: "1 − U(3) / N(3), mean over texts",
    range: SHARE,
    higherIs: "worse",
  },
  loopingTexts: {
    group: "Coherence",
    name: "texts that loop",
    meaning: "Share of texts of whose trigrams more than 30 % repeat.",
    formula: "texts with 1 − U(3) / N(3) > 0.3, / T",
    range: SHARE,
    higherIs: "worse",
  },
  cutTexts: {
    group: "Coherence",
    name: "texts cut at the limit",
    meaning: "Share of texts that ended because they reached the limit of tokens.",
    formula: "texts cut / texts that say how they ended",
    range: SHARE,
    higherIs: "worse",
  },
  emptyTexts: {
    group: "Coherence",
    name: "texts without a word",
    meaning: "Share of texts that are empty, or punctuation and emoji alone.",
    formula: "texts without a word / T",
    range: SHARE,
    higherIs: "worse",
  },
  meanWords: {
    group: "Length",
    name: "words a text",
    meaning: "Mean length. Short texts look diverse: read it beside every diversity.",
    formula: "W / T",
    range: "0 and more",
    higherIs: "longer",
  },
  mattr: {
    group: "Diversity within texts",
    name: "type-token ratio (moving average)",
    meaning: "Share of different words in a window that moves over a text.",
    formula:
      "mean over windows of different words / w, mean over texts; w = 25, or the human texts' median length",
    range: SHARE,
    higherIs: "more diverse",
    source: "Covington and McFall 2010",
  },
  repetition: {
    group: "Diversity within texts",
    name: "repetition",
    meaning:
      "Share of a text's runs of 3 words that repeat an earlier one; texts of fewer than 4 words left out.",
    formula: "1 − U(3) / N(3), mean over texts",
    range: SHARE,
    higherIs: "less diverse",
  },
  looped: {
    group: "Diversity within texts",
    name: "words in loops",
    meaning: "Share of a text's words in a run that comes 3 times or more on end.",
    formula: "words in runs with wᵢ = wᵢ₋ᵤ, u ≤ 24, of length ≥ max(6, 3u), / words, mean over texts",
    range: SHARE,
    higherIs: "less diverse",
  },
  distinct1: distinct(1),
  distinct2: distinct(2),
  distinct3: distinct(3),
  distinct4: distinct(4),
  normalisedTrigrams: {
    group: "Diversity between texts",
    name: "normalised trigrams",
    meaning: "Share of different runs of 3 words in all texts joined.",
    formula: "U(3) / N(3)",
    range: SHARE,
    higherIs: "more diverse",
    source: STEER_PAPER,
  },
  ngramDiversity: {
    group: "Diversity between texts",
    name: "n-gram diversity",
    meaning: "Shares of different runs of 2, 3 and 4 words in all texts joined, multiplied.",
    formula: "Π_{n=2..4} U(n) / N(n)",
    range: SHARE,
    higherIs: "more diverse",
    source: STEER_PAPER,
  },
  selfBleu: {
    group: "Diversity between texts",
    name: "self-BLEU",
    meaning: "How much of a text the other texts have too, up to runs of 4 words.",
    formula: "BP · exp(¼ Σ_{n=1..4} ln pₙ) of a text against all others, mean over texts",
    range: SHARE,
    higherIs: "less diverse",
    source: "Zhu et al. 2018",
  },
  gzip: compressed("gzip", "16 KiB"),
  zstd: compressed("zstd", "256 KiB"),
  pairwiseDistance: {
    group: "Diversity by embeddings",
    name: "pairwise distance",
    meaning: "Mean cosine distance of two texts.",
    formula: "1 − (‖Σ xᵢ‖² − n) / (n (n − 1))",
    range: "0 to 2",
    higherIs: "more diverse",
  },
  vendiScore: {
    group: "Diversity by embeddings",
    name: "Vendi score",
    meaning: "Effective number of different texts, at an equal number of texts.",
    formula: "exp(−Σ λᵢ ln λᵢ), λ the eigenvalues of XXᵀ/n",
    range: "1 to n",
    higherIs: "more diverse",
    source: "Friedman and Dieng 2023",
  },
  nearestNeighbourDistance: {
    group: "Diversity by embeddings",
    name: "distance to the nearest text",
    meaning: "Mean cosine distance from a text to the one most like it; 0 if every text has a copy.",
    formula: "mean over i of min over j ≠ i of (1 − xᵢ·xⱼ)",
    range: "0 to 2",
    higherIs: "more diverse",
  },
  adversarialAuroc: {
    group: "Authenticity by embeddings",
    name: "told apart from human texts",
    meaning: "How often a classifier ranks a human text above a written one; 0.5 is indistinguishable.",
    formula: "area under the ROC curve of logistic regression, mean of five folds",
    range: SHARE,
    higherIs: "less authentic",
    source: STEER_PAPER,
  },
  mauve: {
    group: "Authenticity by embeddings",
    name: "MAUVE",
    meaning: "How much the written and the human texts cover the same ground.",
    formula: "area under (e^(−5·KL(q‖r)), e^(−5·KL(p‖r))), r = λp + (1 − λ)q, over n/10 clusters",
    range: SHARE,
    higherIs: "more authentic",
    source: "Pillutla et al. 2021",
  },
  centroidCosine: {
    group: "Authenticity by embeddings",
    name: "cosine of the centroids",
    meaning: "Whether the middle of the written texts lies where that of the human texts does.",
    formula: "x̄·ȳ / (‖x̄‖ ‖ȳ‖)",
    range: COSINE,
    higherIs: "more authentic",
    source: STEER_PAPER,
  },
  meanCosine: {
    group: "Authenticity by embeddings",
    name: "cosine with human texts",
    meaning: "Mean cosine of a written and a human text.",
    formula: "x̄·ȳ",
    range: COSINE,
    higherIs: "more alike",
  },
  precision: {
    group: "Authenticity by embeddings",
    name: "precision",
    meaning: "Share of written texts that lie among human ones.",
    formula: "mean over y of [y within reach of some x's 5th neighbour]",
    range: SHARE,
    higherIs: "more authentic",
    source: "Kynkäänniemi et al. 2019",
  },
  recall: {
    group: "Authenticity by embeddings",
    name: "recall",
    meaning: "Share of human texts that lie among written ones.",
    formula: "mean over x of [x within reach of some y's 5th neighbour]",
    range: SHARE,
    higherIs: "more of the human variety covered",
    source: "Kynkäänniemi et al. 2019",
  },
  density: {
    group: "Authenticity by embeddings",
    name: "density",
    meaning: "How many human texts' neighbourhoods a written text lies in, of 5; about 1 for human texts.",
    formula: "mean over y of (1/5) Σᵢ [y within reach of xᵢ's 5th neighbour]",
    range: "0 and more",
    higherIs: "more authentic",
    source: "Naeem et al. 2020",
  },
  coverage: {
    group: "Authenticity by embeddings",
    name: "coverage",
    meaning: "Share of human texts with a written text near by; outliers do not inflate it.",
    formula: "mean over x of [some y within reach of x's 5th neighbour]",
    range: SHARE,
    higherIs: "more of the human variety covered",
    source: "Naeem et al. 2020",
  },
  overlapNgrams1: overlap(1),
  overlapNgrams2: overlap(2),
  overlapNgrams3: overlap(3),
  overlapNgrams4: overlap(4),
  longestRun: {
    group: "Overlap with given texts",
    name: "longest shared run",
    meaning: "Words of the longest run that any text has in common with one given text.",
    formula: "max ℓ: wᵢ … wᵢ₊ℓ₋₁ in the source",
    range: "0 and more",
    higherIs: "closer to the given texts",
  },
  meanLongestRun: {
    group: "Overlap with given texts",
    name: "longest shared run of a text",
    meaning: "Words of the longest run that a text has in common with one given text, mean over texts.",
    formula: "mean over texts of max ℓ: wᵢ … wᵢ₊ℓ₋₁ in the source",
    range: "0 and more",
    higherIs: "closer to the given texts",
  },
  copies: {
    group: "Overlap with given texts",
    name: "copies",
    meaning: "Share of texts of which half the runs of 4 words or more are in the given texts.",
    formula: "texts with found 4-grams / N(4) ≥ 0.5, / T",
    range: SHARE,
    higherIs: "more copied",
  },
  judgeScore: {
    group: "Judge",
    name: "judge's score",
    meaning: "The judge's three ratings of a text together: 0 if one is 0.",
    formula: "harmonic mean of the likeliest ratings, mean over rated texts",
    range: "0 to 2",
    higherIs: "better",
    source: AXBENCH,
  },
  judgeConcept: judged("fits the label", "Does the text fit the label that was asked for?"),
  judgeInstruction: judged("does what was asked", "Does the text do what the prompt asks for?"),
  judgeFluency: judged("fluent", "Is the text good language?"),
  judgeDisagreement: {
    group: "Judge",
    name: "judge changes its mind",
    meaning: "How often the judge's rating is another when the rubric is shown in the other order.",
    formula:
      "ratings whose likeliest value differs between the orders / ratings, mean of the three questions",
    range: SHARE,
    higherIs: "less to be trusted",
  },
  judgeAbsent: {
    group: "Judge",
    name: "texts without a rating",
    meaning: "Share of the texts put to the judge that it did not rate; the reasons stand in the notes.",
    formula: "texts without a rating / texts put to the judge",
    range: SHARE,
    higherIs: "less to be trusted",
  },
} satisfies Record<string, Definition>;

export type MeasureId = keyof typeof ALL;

/** Every number that Tiller gives a set of texts, by its id, in the order in which they are shown. */
export const DEFINITIONS: Readonly<Record<MeasureId, Definition>> = ALL;

/**
 * The definition of a measure as reports name it: an id, or `id@source` where the same is measured against several
 * sources. Undefined for a name that is none.
 */
export function definitionOf(name: string): Definition | undefined {
  const id = name.replace(/@.*$/s, "");
  return Object.hasOwn(DEFINITIONS, id) ? DEFINITIONS[id as MeasureId] : undefined;
}
