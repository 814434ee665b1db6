/** The whole public surface of tillerlm. */

export {
  ARM_KINDS,
  type ArmKind,
  type ArmKindResult,
  type ArmsResults,
  readArmsResults,
} from "./arms/arms-results.js";
export { armsText } from "./arms/arms-table.js";
export { CALIBRATIONS, type Calibration, CONTENT_FREE_TEXTS, calibrated } from "./arms/content-free.js";
export { inContextTrainer } from "./arms/in-context-trainer.js";
export {
  type InstructionTuning,
  instructionTunedTrainer,
  type TunedModel,
} from "./arms/instruction-tuned-trainer.js";
export {
  answerLead,
  type LabelledExample,
  type LabelQuestion,
  labelQuestion,
} from "./arms/label-question.js";
export { type LabelTree, labelProbabilities, labelTree } from "./arms/label-tree.js";
export {
  type LabelEngine,
  type LlmClassifier,
  type LlmClassifierOptions,
  llmClassifier,
} from "./arms/llm-classifier.js";
export { runArms } from "./arms/run-arms.js";
export {
  compareWithReference,
  type Draws,
  type PairedDifference,
  type PredictionScores,
  type ScoreOptions,
  scorePredictions,
} from "./arms/score-predictions.js";
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
export { type InstallOptions, installTrainer } from "./classify/transformers/install-trainer.js";
export {
  batchSizeFor,
  TRAINER_PRESETS,
  type TrainerPreset,
  type TrainerPresetName,
  type TrainerSettings,
} from "./classify/transformers/presets.js";
export { recipeTrainerOptions } from "./classify/transformers/recipe-trainer.js";
export {
  findTrainerPython,
  INSTALL_COMMAND,
  requireTrainerPython,
  type TrainerDiagnosis,
} from "./classify/transformers/trainer-environment.js";
export {
  type EpochProgress,
  type TransformersTrainer,
  type TransformersTrainerOptions,
  transformersTrainer,
} from "./classify/transformers/transformers-trainer.js";
export {
  type Counted,
  type DataInspection,
  type InspectDataOptions,
  type InspectedColumn,
  inspectData,
} from "./data/inspect-data.js";
export { inspectionText } from "./data/inspection-text.js";
export type { DataAccess, ResolveDataset } from "./data/locate-source.js";
export { type DataRecord, type ReadRecordsOptions, readRecords } from "./data/read-records.js";
export {
  type Containment,
  type ContainmentIndex,
  createContainmentIndex,
} from "./duplicates/containment-index.js";
export {
  createNearDuplicateIndex,
  type NearDuplicate,
  type NearDuplicateIndex,
} from "./duplicates/near-duplicate-index.js";
export {
  type NearDuplicateOptions,
  type NearDuplicatePair,
  nearDuplicateGroups,
  nearDuplicatePairs,
} from "./duplicates/near-duplicates.js";
export { centredEncoder } from "./encode/centred-encoder.js";
export { encodeSets, encodeTexts } from "./encode/encode-texts.js";
export type { EncodeOptions, Encoder } from "./encode/encoder.js";
export { type EncoderSource, parseEncoderSource } from "./encode/encoder-source.js";
export { LlamaEncoder, type LlamaEncoderOptions } from "./encode/llama-encoder.js";
export { type NgramEncoderOptions, ngramEncoder } from "./encode/ngram-encoder.js";
export { OnnxEncoder, type OnnxEncoderOptions } from "./encode/onnx-encoder.js";
export { ONNX_PRECISIONS, type OnnxPrecision } from "./encode/onnx-files.js";
export { type OpenEncoderOptions, type OpenedEncoder, openEncoder } from "./encode/open-encoder.js";
export { type ResidualEncoderOptions, residualEncoder } from "./encode/residual-encoder.js";
export { collect } from "./engine/collect.js";
export type * from "./engine/engine.js";
export type * from "./engine/guidance.js";
export type * from "./engine/intervention.js";
export { LlamaEngine, type LlamaOptions } from "./engine/llama/llama-engine.js";
export { retryAfterCrash } from "./engine/retry-after-crash.js";
export type { PositionSelector, Selection, Selector, TokenSelector } from "./engine/selection.js";
export * from "./errors.js";
export {
  EXPORT_FORMATS,
  type Exported,
  type ExportFormat,
  type ExportOptions,
  exportRun,
} from "./export/export-run.js";
export { parseSplits, type SplitRequest, type SplitShare, splitRows } from "./export/split-rows.js";
export { TRAINING_TASKS, type TrainingTask } from "./export/training-messages.js";
export {
  type FinetuneEvent,
  type FinetuneOptions,
  type FinetunePlan,
  type FinetuneReport,
  finetune,
} from "./finetune/finetune.js";
export {
  holdOut,
  readTrainingTexts,
  type SplitTexts,
  type TrainingText,
} from "./finetune/training-texts.js";
export {
  baselineConfigurations,
  type Configuration,
  type ConfigurationGuidance,
  describeConfiguration,
  guidanceName,
  sweepConfigurations,
} from "./generate/configuration.js";
export { FILTERS, type FilterDescription } from "./generate/filter-list.js";
export { createFilters, type FilterContext, type FilterOptions, type Filters } from "./generate/filters.js";
export { type KeyCount, keyCounts, shortfall, shortfallText } from "./generate/shortfall.js";
export { type GgufFile, metadataNumber, metadataNumbers, metadataString, readGguf } from "./gguf/read.js";
export { readTensor } from "./gguf/read-tensor.js";
export { type TinyModelOptions, writeTinyModel } from "./gguf/tiny-model.js";
export {
  NEGATIVE_DEFAULTS,
  type NegativeOptions,
  NegativePool,
  negativePromptOf,
  type PoolText,
} from "./guidance/negative-pool.js";
export * from "./guidance/presets.js";
export { type PushedFile, type PushOptions, type PushReport, pushDataset } from "./hub/push-dataset.js";
export {
  type DatasetFile,
  type ResolveDatasetOptions,
  type ResolvedDataset,
  resolveDataset,
} from "./hub/resolve-dataset.js";
export type { JudgeSettings } from "./judge/create-judge.js";
export type { EndpointOptions } from "./judge/endpoint-client.js";
export { createEndpointJudge } from "./judge/endpoint-judge.js";
export * from "./judge/judge.js";
export { createLocalJudge, type JudgingEngine } from "./judge/local-judge.js";
export { type JudgeSummary, orderEffects, ratingScore, summarizeRatings } from "./judge/rating.js";
export { createIdentifier, type Identification, type Identifier } from "./language/identify.js";
export { words } from "./language/words.js";
export { aliases, type ModelAlias } from "./models/aliases.js";
export { type CachedModel, listModels, removeModel } from "./models/cache.js";
export { modelHome } from "./models/home.js";
export type { DownloadProgress } from "./models/progress.js";
export { type ModelFile, type ResolveOptions, resolveModel } from "./models/resolve.js";
export { parseDataSource } from "./recipe/data-consistency.js";
export { type DataOptions, type DataSource, dataSourceSchema } from "./recipe/data-source-schema.js";
export { type GuidanceCell, guidanceCells, streamsOf } from "./recipe/guidance-axes.js";
export type { RecipeExpert, RecipeGuidance, RecipeNegatives } from "./recipe/guidance-schema.js";
export { recipeJsonSchema } from "./recipe/json-schema.js";
export { type LayerSet, resolveLayerSets, resolveLayers } from "./recipe/layers.js";
export { type LoadedRecipe, loadRecipe, loadVariants, parseRecipe, recipeVariants } from "./recipe/load.js";
export { type Recipe, type RecipeInput, recipeSchema } from "./recipe/schema.js";
export type { VectorSource } from "./recipe/sweep-axes.js";
export { recipeTemplate } from "./recipe/template.js";
export { adversarialAuroc, adversarialAurocOfTexts } from "./score/adversarial-auroc.js";
export { areaUnderRoc } from "./score/area-under-roc.js";
export { type CodeMixing, codeMixing } from "./score/code-mixing.js";
export { type ConceptProbe, probeSuccess, trainConceptProbe } from "./score/concept-probe.js";
export {
  DEFINITION_GROUPS,
  DEFINITIONS,
  type Definition,
  definitionOf,
  type MeasureId,
} from "./score/definitions.js";
export { compressionRatio, distinctN, mattr } from "./score/diversity.js";
export {
  type EmbeddingAuthenticity,
  type EmbeddingDiversity,
  embeddingAuthenticity,
  embeddingDiversity,
} from "./score/embedding-scores.js";
export { harmonicMean } from "./score/harmonic.js";
export { type LexicalScores, lexicalMeasures } from "./score/lexical-measures.js";
export { lexicalSet, lexicalText } from "./score/lexical-set.js";
export type { Measured } from "./score/measured.js";
export { buildReference, type ScoreReference } from "./score/reference.js";
export { type ScoreCard, type ScoreRequest, scoreTexts } from "./score/score.js";
export { shuffleWords } from "./score/shuffle.js";
export {
  ANY_LANGUAGE,
  addCapture,
  type ClassMeans,
  contrastGroups,
  emptyClassMeans,
  type Weighting,
} from "./steering/class-means.js";
export { readClassMeans, writeClassMeans } from "./steering/class-means-file.js";
export { compareVectors, type LayerComparison, type VectorComparison } from "./steering/compare-vectors.js";
export { splitContrast } from "./steering/contrast-split.js";
export type { DenseMatrix } from "./steering/dense-matrix.js";
export { describeInterventions } from "./steering/describe-interventions.js";
export { type ImportOptions, importVector, readSteeringVector } from "./steering/import-vector.js";
export {
  type InspectOptions,
  inspectVectors,
  type LayerInspection,
  type VectorInspection,
} from "./steering/inspect-vector.js";
export {
  type InterventionExtras,
  type InterventionSpec,
  interventionsOf,
  STEERING_OPERATIONS,
  type SteeringOperation,
} from "./steering/intervene.js";
export { languageVector } from "./steering/language-vector.js";
export { lat } from "./steering/lat.js";
export { type LinearDiscriminantOptions, linearDiscriminant } from "./steering/linear-discriminant.js";
export { type LogisticProbeOptions, logisticProbe } from "./steering/logistic-probe.js";
export { meanDifference } from "./steering/mean-difference.js";
export { type NearestTokens, type NearToken, nearestTokens } from "./steering/nearest-tokens.js";
export { pcaCenter, pcaDifference, pcaOfClasses } from "./steering/pca.js";
export { type Effect, proveEffect } from "./steering/proof-of-effect.js";
export { qualityVector } from "./steering/quality-vector.js";
export { type RandomDirectionOptions, randomDirection } from "./steering/random-direction.js";
export {
  RANGE_THRESHOLDS,
  type RangeDecision,
  type RangePoint,
  type RangeThresholds,
  rangeFromPoints,
} from "./steering/range-from-points.js";
export {
  type LayerSeparation,
  measureSeparation,
  type Separation,
} from "./steering/separation.js";
export {
  makeSteeringVector,
  needsTextVectors,
  STEERING_METHODS,
  type SteeringMethod,
  type SteeringVector,
  type SteeringVectorOptions,
} from "./steering/steering-vector.js";
export { absoluteStrength, steeringAddition } from "./steering/strength.js";
export { type RangePrompt, type StrengthCell, steeringCells } from "./steering/strength-cells.js";
export {
  type CellRange,
  measureStrengthRange,
  type RangeProgress,
  type StrengthPoint,
  type StrengthRangeCost,
  type StrengthRangeOptions,
  type StrengthRanges,
  strengthRangeCost,
} from "./steering/strength-range.js";
export {
  addTextVector,
  contrastRows,
  emptyTextVectors,
  pairsOf,
  type TextPairs,
  type TextVectors,
  textRowsOf,
} from "./steering/text-vectors.js";
export { readTextVectors, writeTextVectors } from "./steering/text-vectors-file.js";
export {
  type AddOptions,
  type AlgebraOptions,
  addVectors,
  combineVectors,
  orthogonalise,
  projectOut,
  scaleVector,
  subtractVectors,
} from "./steering/vector-algebra.js";
export { readVectorFile, writeVectorFile } from "./steering/vector-file.js";
export type { ExpectedModel } from "./steering/vector-model.js";
export { AnswerCache } from "./store/answer-cache.js";
export { Journal, type JournalJob, readJournal } from "./store/journal.js";
export { openRun, type RunFolder, readRun } from "./store/run-folder.js";
export type { FilterName, Sample } from "./store/sample.js";
export { findRow } from "./study/explain-find.js";
export { type Regeneration, type RowDifference, regenerateJob } from "./study/explain-regenerate.js";
export { explainRow, type RowExplanation } from "./study/explain-row.js";
export { explanationText, regenerationText } from "./study/explain-text.js";
export { type InspectedRun, type InspectRunOptions, inspectRun } from "./study/inspect-run.js";
export { type PaperClaim, paperClaims } from "./study/paper-claims.js";
export type { PlannedGuidance } from "./study/plan.js";
export { type PlannedExpert, type PlannedRun, planRecipe } from "./study/plan-recipe.js";
export {
  findPreset,
  type PresetChoice,
  presetOf,
  presetRecipe,
  STUDY_PRESET_NAMES,
  STUDY_PRESETS,
  STUDY_SCALES,
  type StudyPresetName,
  type StudyScale,
} from "./study/presets.js";
export {
  type PreviewOptions,
  type PromptPreview,
  previewRecipe,
  type RecipePreview,
  type SamplePreview,
} from "./study/preview.js";
export { type Progress, type ProgressTask, SILENT } from "./study/progress.js";
export { claimsSection, claimsText } from "./study/report/claims-section.js";
export { definitionsText } from "./study/report/definitions-text.js";
export { renderMarkdown } from "./study/report/render-markdown.js";
export { renderReport } from "./study/report/render-report.js";
export { renderText } from "./study/report/render-text.js";
export type {
  ArmMeasures,
  CellValue,
  MeasuredLanguage,
  PilotGuidance,
  PilotResult,
  PilotSteering,
  ReportedMeasure,
  ReportedMeasures,
  ReportedValue,
  RunReport,
  ScoreCell,
} from "./study/report/run-report.js";
export { strengthPlot } from "./study/report/strength-plot.js";
export { measureRunRange, type RunRangeCost, type RunRangeOptions } from "./study/run-range.js";
export { assess, generateTexts, makeVectors, writeReport } from "./study/run-study.js";
export { recipeOf, Study, type StudyOptions } from "./study/study.js";
export {
  type ClassificationPromptOptions,
  classificationPrompt,
  readClass,
} from "./tasks/classification-prompt.js";
export {
  DEMONSTRATION_DRAWS,
  type DemonstrationDraw,
  type DemonstrationOptions,
  drawDemonstrations,
} from "./tasks/demonstrations.js";
export { LABEL_SETS, type LabelSet, type LabelSetName, type SetLabel } from "./tasks/label-sets.js";
export { type RowSelection, readTexts } from "./tasks/labelled-text.js";
export { languageName, normalizeLanguage } from "./tasks/languages.js";
export { buildPrompt, type ChatFormat, type PromptOptions } from "./tasks/prompt.js";
export { type SelfCheckOptions, selfCheckPrompt } from "./tasks/self-check-prompt.js";
export { type SplitOptions, splitTexts } from "./tasks/split-texts.js";
export {
  BUILT_IN_TEMPLATES,
  findTemplate,
  type PromptTemplate,
  type PromptWords,
  TEMPLATE_VARIABLES,
} from "./tasks/templates.js";
export { type ApertiumOptions, createApertiumTranslator } from "./translate/apertium.js";
export {
  type BackTranslateOptions,
  backTranslate,
  type ContrastPair,
  corruptTexts,
  type Hop,
  paperChain,
} from "./translate/back-translate.js";
export {
  type BackTranslation,
  type BackTranslationOptions,
  flagsText,
  makeBackTranslation,
} from "./translate/back-translation-folder.js";
export { type CommandTranslatorOptions, createCommandTranslator } from "./translate/command-translator.js";
export { createEndpointTranslator } from "./translate/endpoint-translator.js";
export { createModelTranslator, type ModelTranslatorOptions } from "./translate/model-translator.js";
export { type OnnxTranslatorOptions, openOnnxTranslator } from "./translate/onnx-translator.js";
export { PAIR_FLAGS, type PairFlag } from "./translate/pair-flags.js";
export type { Translator } from "./translate/translator.js";
export { addWordNoise, type NoiseCounts, type WordNoiseOptions } from "./translate/word-noise.js";
export { VERSION } from "./version.js";
