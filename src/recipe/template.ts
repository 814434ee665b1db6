/**
 * A recipe to begin with: it is valid as it stands, names every key, and shows each default as a comment
 * (`#key: value`).
 * @param options `name` of the run; `schema`, a path to the JSON Schema beside the recipe, which editors then
 * complete from.
 */
export function recipeTemplate(options: { readonly name?: string; readonly schema?: string } = {}): string {
  const schema = options.schema === undefined ? "" : `# yaml-language-server: $schema=${options.schema}\n`;
  return schema + TEMPLATE.replace("NAME", () => JSON.stringify(options.name ?? "my-reviews"));
}

const TEMPLATE = `# A Tiller recipe: what to write, with which model, and how to steer it.
# Lines that begin with a hash and a key are defaults or choices: take the hash away to change them.

format: 1
name: NAME

model:
  # An alias, file:PATH, hf:OWNER/REPO/FILE.gguf or npm:PACKAGE@VERSION/PATH.
  source: tinyllama
  # Tokens of prompt and text together.
  #context: 512
  # Texts written at the same time.
  #sequences: 16
  # Left out: all physical cores.
  #threads: 4
  # Left out: all blocks, if a GPU package is installed.
  #gpuLayers: 0

task:
  # Each label is written into the prompt. Put labels that look like numbers in quotes.
  # Or the name of a label set, such as sentiment: "tiller templates" lists them.
  labels: [positive, negative]
  # ISO 639 codes. TinyLlama writes English only; a multilingual model can write more.
  languages: [en]
  # A built-in template ("tiller templates" lists them), or templates of your own under zeroShot and fewShot.
  prompt: paper-a/sentiment
  # template: the model's chat template; instruction: the format of paper A for Gemma; raw: the prompt alone.
  #chat: template

# Texts that the steering vectors and the label check are made from. They teach how the classes differ, so
# the two sides should be alike in all but that. Some dozens of texts are better than these few; name a file
# of them with "file: positive.jsonl" in place of "texts".
contrast:
  - class: positive
    texts:
      - The kettle boils quickly and the handle stays cool. I would buy it again.
      - A quiet room, a soft bed and a breakfast worth getting up for.
      - The second chapter had me laughing out loud on the train.
      - Our guide knew every path and made the long walk feel short.
      - These boots kept my feet dry through a whole wet autumn.
      - The soup came hot, the bread was fresh and the bill was small.
      - Setting up the printer took five minutes and it has never failed me.
      - My daughter plays with this puzzle every single day.
  - class: negative
    texts:
      - The kettle leaks from the lid and the handle burns my fingers. I sent it back.
      - A noisy room, a broken bed and a breakfast I could not finish.
      - I gave up in the second chapter because nothing ever happens.
      - Our guide was late, lost the path twice and blamed us for it.
      - These boots let the water in on the very first day.
      - The soup came cold, the bread was stale and the bill was wrong.
      - Setting up the printer took all evening and it still jams.
      - My daughter broke this puzzle within an hour of opening it.

# Share of each set above that trains the label check instead of the vectors.
#heldOut: 0.5

steering:
  # mean-difference: a label against the other labels. language, quality: the vectors of paper A. Also pca-diff,
  # pca-center, lat, logistic-probe, lda, and random as a control. "methods: [a, b]" tries several.
  method: mean-difference
  # add, add-keeping-norm, ablate, ablate-add, clamp, rotate or replace. "operations: [a, b]" tries several.
  #operation: add
  # Block numbers, fractions of the depth, or early, middle, late. Each is tried with each strength; those in a
  # list of their own, such as [early, [5, 8]], are steered together.
  #layers: [early, middle]
  # In mean norms of the residual stream at the layer. Left out, three are chosen in an interval that is measured.
  #strengths: [0.1, 0.2, 0.3]
  #unit: norm
  #prompting: zero-shot
  # Rows that are steered; left out, all of them: phase is all, prompt or generated.
  #where: {phase: generated}
  # Rows of the contrast texts that make the vector: mean of all, last, or answer; and how the texts are read.
  #pooling: mean
  #read: raw

# Logit steering, beside steering or in place of it. It costs a forward pass more for each stream of a token.
#guidance:
#  # classifier-free, negative-prompt, contrastive-expert, steer, dexperts, contrastive-decoding, steered-contrast.
#  preset: classifier-free
#  # A number or a list: each is tried.
#  gamma: [0, 0.5, 1]
#  prompting: zero-shot

# Prompting without steering, to compare with. few-shot needs demonstrations.
#baselines: [zero-shot]

# Human examples for few-shot prompts: a line each, {"text": "...", "label": "positive"}.
#demonstrations:
#  file: demonstrations.jsonl
#  count: 5
#  shortest: 50

decoding:
  #temperature: 0.8
  #topP: 0.9
  #topK: 0
  #minP: 0
  #repetitionPenalty: 1
  #frequencyPenalty: 0
  #penaltyWindow: 64
  # Longest text, in tokens.
  maxTokens: 64
  #stop: []

samples:
  # Accepted texts wanted for each label and language.
  perLabel: 50
  # Texts for each label, layer and strength of the pilot, which chooses the best layer and strength.
  #pilotPerLabel: 8
  # Give up after this many times perLabel texts.
  #attempts: 2
  # Texts that each call of the model is asked for, with a separator between them; maxTokens is for all of them.
  #perCall: 1
  #separator: "|||"

# What is dropped from the data set.
#filters:
#  minCharacters: 8
#  language: true
#  loops: true
#  echo: true
#  # The model's own yes or no to each text; a number is the probability of yes that a text needs. The judge's least
#  # rating, 0 to 2, is judge: NUMBER.
#  selfCheck: false

#scoring:
#  texts: 48
#  tokenBudget: 500
#  # What embeds the texts: ngrams, residuals, gguf:MODEL or onnx:FOLDER.
#  encoder: ngrams
#  authenticity: true
#  # Left out, no model judges: judge is local, or {endpoint: URL, model: NAME, keyEnv: VARIABLE}.
#  judgeTexts: 48

# Human test texts. With them, classifiers are trained on steered and on prompted texts and compared.
#classifier:
#  test: test.jsonl
#  # Human training texts, to compare with alone and together with the written ones.
#  train: train.jsonl
#  # The label of train whose texts the written ones replace, as for a detector of it.
#  replaces: negative
#  # ngrams; or linear or hidden-layer, on the embeddings of an encoder.
#  kind: ngrams
#  encoder: ngrams
#  # macro-f1 or auroc.
#  metric: macro-f1
#  seeds: 10
#  # Sizes of training sets for a learning curve.
#  sizes: [20, 50]

# Language models as classifiers of the test texts, beside the one above: for tiller run, study and arms.
#arms:
#  # What they are asked for.
#  task: sentiment
#  # Ask the model that writes the texts, without examples.
#  zeroShot: true
#  # Show it two texts of each label of each data set.
#  inContext: {perLabel: 2, seeds: 3}
#  # Train a small model on each data set.
#  instructionTuned: {model: stories15m, epochs: 3, learningRate: 0.0005}
#  # Ask about so many of the test texts; left out, about all.
#  texts: 200
#  # content-free takes out what the prompt makes the model say of texts without content.
#  calibration: none

# Search the sweep, and give several configurations data sets and classifiers: for tiller study.
#study:
#  # halving: few texts of all, then more of the best; grid: the whole sweep; random: some of it.
#  search: halving
#  # For random: how many are drawn.
#  configurations: 10
#  # Share of the configurations that goes on after each round of halving.
#  keep: 0.33
#  rounds: 3
#  # How many get a data set, or all.
#  best: 3
#  budget: {texts: 5000, tokens: 200000, minutes: 60}

# Several runs from one recipe: one for each combination of these overrides, such as small.calm.
#matrix:
#  model:
#    small: {model: {source: tinyllama}}
#  manner:
#    calm: {decoding: {temperature: 0.5}}
#    lively: {decoding: {temperature: 1}}

# Left out: runs/ and the name.
#output: runs/my-reviews

#seed: 42
`;
