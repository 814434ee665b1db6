import { absoluteSource, askingOnce, type DataAccess } from "../data/locate-source.js";
import type { PoolText } from "../guidance/negative-pool.js";
import type { DataSource } from "../recipe/data-source-schema.js";
import type { LoadedRecipe } from "../recipe/load.js";
import type { ContrastSet, Recipe } from "../recipe/schema.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { type ContrastSplit, type ContrastTexts, splitContrast } from "../steering/contrast-split.js";
import { CORRUPTED_CLASS, SPOILT_CLASSES } from "../steering/quality-vector.js";
import { type LabelledText, oneSidedNote, readLabelled, readTexts } from "../tasks/labelled-text.js";
import { normalizeLanguage } from "../tasks/languages.js";
import { checkMaterials } from "./check-materials.js";
import { readNegatives } from "./read-negatives.js";

/** Everything that a recipe names, read: what people wrote, and how it is divided. */
export interface Materials {
  /** The recipe, with its languages in canonical codes. */
  readonly recipe: Recipe;
  /** Contrast sets, divided into the vectors' texts and those held out from them. */
  readonly split: ContrastSplit;
  /** Human examples for few-shot prompts; empty if the recipe has none. */
  readonly demonstrations: readonly LabelledText[];
  /** Human test texts; undefined if the recipe wants no verdict. */
  readonly test: readonly LabelledText[] | undefined;
  /** Human training texts, to compare with; undefined if the recipe names none. */
  readonly train: readonly LabelledText[] | undefined;
  /** Real texts that the pool of negative examples begins with; empty if the recipe's guidance needs none. */
  readonly negatives: readonly PoolText[];
  /** Human texts that the training of an encoder stops by; undefined if the recipe names none. */
  readonly validation: readonly LabelledText[] | undefined;
  /** What was left out of them, and why. */
  readonly notes: readonly string[];
}

/**
 * Reads the files that a recipe names, and checks that they fit together.
 * @throws RecipeError naming file and line of what is not usable
 */
export async function readMaterials(
  { recipe: raw, directory }: LoadedRecipe,
  access: DataAccess = {},
): Promise<Materials> {
  const recipe: Recipe = {
    ...raw,
    task: { ...raw.task, languages: [...new Set(raw.task.languages.map(normalizeLanguage))] },
  };
  const notes: string[] = [];
  const { labels } = recipe.task;
  const shared = { ...access, resolveDataset: askingOnce(access.resolveDataset) };
  const reader = (key: string): SourceReader => ({
    ...shared,
    directory,
    seed: recipe.seed,
    onNote: (note) => notes.push(`${key}: ${note}`),
  });
  const sets = await Promise.all(
    raw.contrast.map((set, index) => readContrast(set, reader(`contrast[${index}].file`))),
  );
  const split = splitFamilies(sets, labels, { heldOut: recipe.heldOut, seed: recipe.seed });
  const labelled = async (key: string, file: DataSource | undefined) => {
    if (file === undefined) return undefined;
    const how = reader(key);
    const rows = await readLabelled(absoluteSource(file, directory), { ...how, labels });
    const note = oneSidedNote(rows);
    if (note !== undefined) how.onNote(note);
    return rows;
  };
  const demonstrations = await labelled("demonstrations.file", recipe.demonstrations?.file);
  const test = await labelled("classifier.test", recipe.classifier?.test);
  const train = await labelled("classifier.train", recipe.classifier?.train);
  const validation = await labelled("classifier.validation", recipe.classifier?.validation);
  return checkMaterials({
    recipe,
    split,
    demonstrations: demonstrations ?? [],
    test,
    train,
    validation,
    negatives: await readNegatives(recipe, reader("guidance.negatives.file")),
    notes: [...new Set(notes), ...split.notes, ...corruptionNotes(sets), ...weightNotes(recipe)],
  });
}

/**
 * Every text that people wrote: contrast texts, demonstrations, training and test texts. What was spoilt on purpose is
 * not among them.
 */
export function realTexts({
  split,
  demonstrations,
  train = [],
  validation = [],
  test = [],
}: Materials): string[] {
  const contrast = split.sets.filter((set) => !SPOILT_CLASSES.includes(set.class));
  const texts = contrast.flatMap((set) => [...set.vectorTexts, ...set.heldOutTexts]);
  return [
    ...new Set([...texts, ...[...demonstrations, ...train, ...validation, ...test].map((row) => row.text)]),
  ];
}

/** A report must not let corrupted texts pass for back-translated ones. */
function corruptionNotes(sets: readonly ContrastTexts[]): string[] {
  const languages = sets
    .filter((set) => set.class === CORRUPTED_CLASS)
    .map(({ language }) => (language === ANY_LANGUAGE ? "every language" : language));
  if (languages.length === 0) return [];
  return [
    `contrast: the spoilt texts (${[...new Set(languages)].join(", ")}) are corrupted, word by word, and were not translated. The vector leads away from dropped, swapped and repeated words, and from nothing that a translator does.`,
  ];
}

/** Weights above what the papers try: paper B goes to 1 for both, arXiv 2306.17806 to 3 for γ. */
const USUAL_WEIGHTS = { gamma: 3, eta: 1 } as const;

function weightNotes({ guidance }: Recipe): string[] {
  return (["gamma", "eta"] as const).flatMap((key) => {
    const most = Math.max(...[guidance?.[key] ?? 0].flat());
    if (most <= USUAL_WEIGHTS[key]) return [];
    return [
      `guidance.${key}: ${most} is more than the papers try (${USUAL_WEIGHTS[key]}); expect texts that fall apart.`,
    ];
  });
}

/** Labels are never set against human and spoilt texts, and are split apart from them. */
function splitFamilies(
  sets: readonly ContrastTexts[],
  labels: readonly string[],
  options: Parameters<typeof splitContrast>[1],
): ContrastSplit {
  const isLabel = (set: ContrastTexts) => labels.includes(set.class);
  const families = [sets.filter(isLabel), sets.filter((set) => !isLabel(set))];
  const splits = families
    .filter((family) => family.length > 0)
    .map((family) => splitContrast(family, options));
  return {
    sets: splits.flatMap((split) => split.sets),
    notes: splits.flatMap((split) => split.notes),
  };
}

interface SourceReader extends DataAccess {
  readonly directory: string;
  readonly seed: number;
  readonly onNote: (note: string) => void;
}

async function readContrast(
  set: ContrastSet,
  { directory, ...reading }: SourceReader,
): Promise<ContrastTexts> {
  const { file, language } = set;
  const selection = { label: set.class, keepBlank: true, language, ...reading };
  return {
    class: set.class,
    language: language === undefined ? ANY_LANGUAGE : normalizeLanguage(language),
    texts:
      file === undefined ? (set.texts ?? []) : await readTexts(absoluteSource(file, directory), selection),
  };
}
