/** The whole public surface of tillerlm. */

export {
  loadTextClassifier,
  type TextClassifier,
  type TextClassifierOptions,
  trainTextClassifier,
} from "./classify/classifier.js";
export {
  type ArmComparison,
  type ArmDifference,
  type CompareArmsOptions,
  compareArms,
} from "./classify/evaluate-arms.js";
export { accuracy, type ClassificationScores, classificationScores, macroF1 } from "./classify/metrics.js";
export { collect } from "./engine/collect.js";
export type * from "./engine/engine.js";
export { LlamaEngine, type LlamaOptions } from "./engine/llama/llama-engine.js";
export { retryAfterCrash } from "./engine/retry-after-crash.js";
export * from "./errors.js";
export {
  baselineConfigurations,
  type Configuration,
  describeConfiguration,
  sweepConfigurations,
} from "./generate/configuration.js";
export { createFilters, type FilterOptions, type Filters } from "./generate/filters.js";
export { type GgufFile, metadataNumber, metadataNumbers, metadataString, readGguf } from "./gguf/read.js";
export { readTensor } from "./gguf/read-tensor.js";
export { type TinyModelOptions, writeTinyModel } from "./gguf/tiny-model.js";
export { createIdentifier, type Identification, type Identifier } from "./language/identify.js";
export { words } from "./language/words.js";
export { aliases, type ModelAlias } from "./models/aliases.js";
export { type CachedModel, listModels, removeModel } from "./models/cache.js";
export { modelHome } from "./models/home.js";
export type { DownloadProgress } from "./models/progress.js";
export { type ModelFile, type ResolveOptions, resolveModel } from "./models/resolve.js";
export { recipeJsonSchema } from "./recipe/json-schema.js";
export { resolveLayers } from "./recipe/layers.js";
export { type LoadedRecipe, loadRecipe, parseRecipe } from "./recipe/load.js";
export { type Recipe, type RecipeInput, recipeSchema } from "./recipe/schema.js";
export { recipeTemplate } from "./recipe/template.js";
export { compressionRatio, distinctN, mattr } from "./score/diversity.js";
export { harmonicMean } from "./score/harmonic.js";
export { buildReference, type ScoreReference } from "./score/reference.js";
export { type ScoreCard, type ScoreRequest, scoreTexts } from "./score/score.js";
export { shuffleWords } from "./score/shuffle.js";
export {
  ANY_LANGUAGE,
  addCapture,
  type ClassMeans,
  emptyClassMeans,
  type Weighting,
} from "./steering/class-means.js";
export { readClassMeans, writeClassMeans } from "./steering/class-means-file.js";
export { splitContrast } from "./steering/contrast-split.js";
export { languageVector } from "./steering/language-vector.js";
export { meanDifference } from "./steering/mean-difference.js";
export { type Effect, proveEffect } from "./steering/proof-of-effect.js";
export { qualityVector } from "./steering/quality-vector.js";
export { makeSteeringVector, type SteeringVector } from "./steering/steering-vector.js";
export { absoluteStrength, steeringAddition } from "./steering/strength.js";
export { readVectorFile, writeVectorFile } from "./steering/vector-file.js";
export { Journal, readJournal } from "./store/journal.js";
export { openRun, type RunFolder, readRun } from "./store/run-folder.js";
export type { FilterName, Sample } from "./store/sample.js";
export { type PlannedRun, planRecipe } from "./study/plan-recipe.js";
export { type Progress, type ProgressTask, SILENT } from "./study/progress.js";
export { renderReport } from "./study/report/render-report.js";
export { renderText } from "./study/report/render-text.js";
export type { RunReport } from "./study/report/run-report.js";
export { assess, generateTexts, makeVectors, writeReport } from "./study/run-study.js";
export { recipeOf, Study, type StudyOptions } from "./study/study.js";
export { VERSION } from "./version.js";
