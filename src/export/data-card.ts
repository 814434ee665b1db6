import { taskInstruction } from "../generate/prompt-book.js";
import { expertSource, expertsOf } from "../recipe/guidance-axes.js";
import type { Recipe } from "../recipe/schema.js";
import { FILE_SOURCE, SHARE_OPERATIONS } from "../recipe/sweep-axes.js";
import type { SteeringOperation } from "../steering/intervene.js";
import { FILTER_NAMES } from "../store/sample.js";
import { filterCounts } from "../study/arms.js";
import { markdownBlock, markdownTable, markdownText } from "../study/report/markdown.js";
import { languageName } from "../tasks/languages.js";
import { VERSION } from "../version.js";
import { cardMetadata } from "./card-metadata.js";
import { reportedArm, scoresSection } from "./card-scores.js";
import { methodSources } from "./method-sources.js";
import { type ExportSet, type FileFacts, labelCounts, rowsOf } from "./provenance.js";
import type { RunArm, RunData } from "./run-data.js";
import type { UsedVector } from "./used-vectors.js";

/** What a card is made of. */
export interface CardFacts {
  readonly data: RunData;
  readonly sets: readonly ExportSet[];
  readonly vectors: readonly UsedVector[];
  readonly licence: string | undefined;
  /** Files that are written so far. */
  readonly files: ReadonlyMap<string, FileFacts>;
  readonly notes: readonly string[];
}

/** A data-set card: the README of an exported folder. Everything in it is a fact of the run. */
export function dataCard(facts: CardFacts): string {
  const { data, sets, licence, files } = facts;
  const { recipe } = data;
  const sources = methodSources(
    recipe,
    sets.map(({ arm }) => arm),
    data.chosen != null && sets.some(({ arm }) => arm.configuration.name === data.chosen),
  );
  const sections: (readonly [string, string])[] = [
    ["Texts", textsSection(recipe, sets)],
    ["How they were made", makingSection(facts)],
    ["Filters", filtersSection(recipe, sets)],
    ["Scores", scoresSection(data, sets)],
    ["Columns", COLUMNS],
    ["Limitations", limitationsSection(facts)],
    ["Licence", licenceSection(recipe, licence)],
    ...(sources.length === 0
      ? []
      : [["Methods to cite", sources.join("\n")] satisfies readonly [string, string]]),
    ["Provenance", provenanceSection(facts)],
  ];
  return [
    `---\n${cardMetadata(recipe, sets, { licence, files })}---\n`,
    `# ${markdownText(recipe.name)}\n`,
    `${introduction(recipe, sets)}\n`,
    ...sections.map(([title, text]) => `## ${title}\n\n${text}\n`),
  ].join("\n");
}

function introduction({ task, model }: Recipe, sets: readonly ExportSet[]): string {
  const texts = sets.reduce((sum, set) => sum + rowsOf(set).length, 0);
  const languages = task.languages.map((code) => `${languageName(code)} (${code})`).join(", ");
  const load =
    sets.length === 1
      ? 'load_dataset("path/to/this/folder")'
      : `load_dataset("path/to/this/folder", "${sets[1]!.name}")`;
  return [
    `${texts} synthetic texts with ${task.labels.length} labels in ${languages}, for training text classifiers. The language model ` +
      `${markdownText(model.source)} wrote every one of them; its label is what the model was asked to write.`,
    ...(sets.length === 1
      ? []
      : [
          `\nThere are ${sets.length} configurations, one for each way of writing: ${sets.map(({ name }) => name).join(", ")}. The first is the default.`,
        ]),
    `\n\`\`\`python\nfrom datasets import load_dataset\n\ndata = ${load}\n\`\`\``,
  ].join("\n");
}

function textsSection({ task }: Recipe, sets: readonly ExportSet[]): string {
  const { labels, languages } = task;
  const rows = sets.flatMap((set) =>
    set.splits.flatMap((split) => {
      const counts = labelCounts(split.rows, languages, labels);
      return languages.map((language) => [
        ...(sets.length > 1 ? [set.name] : []),
        split.name,
        language,
        ...labels.map((label) => String(counts[language]![label])),
      ]);
    }),
  );
  const head = [
    ...(sets.length > 1 ? ["configuration"] : []),
    "split",
    "language",
    ...labels.map(markdownText),
  ];
  return markdownTable(head, rows);
}

function makingSection({ data, sets, vectors }: CardFacts): string {
  const { recipe, description } = data;
  const { model, decoding } = recipe;
  const ways = sets.map(({ name, arm }) =>
    sets.length > 1 ? `- ${name}: ${wayOf(arm, recipe)}` : `- ${wayOf(arm, recipe)}`,
  );
  const guides = sets.some(({ arm }) => arm.named?.guidance) ? expertsOf(recipe.guidance) : [];
  const drawn = [
    `temperature ${decoding.temperature}`,
    `top-p ${decoding.topP}`,
    ...(decoding.topK > 0 ? [`top-k ${decoding.topK}`] : []),
    ...(decoding.minP > 0 ? [`min-p ${decoding.minP}`] : []),
    ...(decoding.repetitionPenalty === 1 ? [] : [`repetition penalty ${decoding.repetitionPenalty}`]),
    ...(decoding.frequencyPenalty === 0 ? [] : [`frequency penalty ${decoding.frequencyPenalty}`]),
    `at most ${decoding.maxTokens} tokens`,
  ].join(", ");
  const [label, language] = [recipe.task.labels[0]!, recipe.task.languages[0]!];
  return [
    `- Model: ${markdownText(model.source)}, sha256 \`${description.files.model ?? "unknown"}\``,
    ...ways,
    ...guides.map(
      ({ key, expert }) =>
        `- Guiding model (${key}): ${markdownText(expertSource(expert))}, sha256 \`${description.files[key] ?? "unknown"}\``,
    ),
    `- Decoding: ${drawn}; every call of the model has a seed of its own, from the recipe's seed ${recipe.seed}`,
    ...vectors.map(
      ({ name, method, class: of, language }) =>
        `- Vector \`${name}\`: ${markdownText(method)}, towards ${markdownText(of)} (${markdownText(language)})`,
    ),
    `\nThe zero-shot instruction for ${markdownText(label)} in ${language}:\n`,
    markdownBlock(taskInstruction(recipe, language, label)),
  ].join("\n");
}

/** `Steered: mean-difference, operation add, layer 8, strength 0.2 (mean residual norms); zero-shot prompt`. */
function wayOf({ named, configuration }: RunArm, recipe: Recipe): string {
  if (!named) return `Configuration ${markdownText(configuration.name)}`;
  const { prompting, steering, guidance } = named;
  const shots = prompting === "few-shot" ? `, ${recipe.demonstrations?.count ?? "some"} examples` : "";
  const parts: string[] = [];
  if (steering) {
    const { method, operation, layers, strength } = steering;
    const where = layers === "all" ? "all layers" : `layer ${layers.join(" and ")} (from 0)`;
    const unit = unitOf(operation, recipe);
    parts.push(
      `Activation steering: vectors ${method === FILE_SOURCE ? "from files" : `by ${method}`}, operation ${operation}, ${where}, strength ${strength} ${unit}`,
    );
  }
  if (guidance) {
    const { preset, gamma, eta } = guidance;
    const weights = [
      ...(gamma === undefined ? [] : [`γ ${gamma}`]),
      ...(eta === undefined ? [] : [`η ${eta}`]),
    ];
    parts.push(`Guidance of the next token: ${preset}, ${weights.join(", ")}`);
  }
  if (parts.length === 0) return `Prompting alone, ${prompting}${shots}`;
  return `${parts.join("; ")}; ${prompting} prompt${shots}`;
}

/** What a strength is a number of. */
function unitOf(operation: SteeringOperation, { steering }: Recipe): string {
  if (operation === "rotate") return "(radians)";
  if (SHARE_OPERATIONS.includes(operation)) return "(1 is the whole way)";
  return steering?.unit === "absolute" ? "(absolute)" : "(mean residual norms of the layer)";
}

function filtersSection(recipe: Recipe, sets: readonly ExportSet[]): string {
  const off = Object.entries(recipe.filters).flatMap(([name, value]) => (value === false ? [name] : []));
  const dropped = sets.map(({ arm }) => filterCounts(arm.written));
  const [active, idle] = [
    FILTER_NAMES.filter((name) => dropped.some((counts) => counts[name] > 0)),
    FILTER_NAMES.filter((name) => dropped.every((counts) => counts[name] === 0)),
  ];
  const rows = [
    ...active.map((name) => [`dropped: ${name}`, ...dropped.map((counts) => String(counts[name]))]),
    ["written", ...sets.map(({ arm }) => String(arm.written.length))],
    [
      "passed every filter",
      ...sets.map(({ arm }) => String(arm.written.filter(({ filters }) => filters.length === 0).length)),
    ],
    ["in the data set", ...sets.map((set) => String(rowsOf(set).length))],
  ];
  const head = ["texts", ...sets.map(({ name }) => (sets.length === 1 ? "count" : name))];
  return [
    "Texts that each filter dropped; one text can fail several.",
    ...(idle.length === 0 ? [] : [`Filters that dropped nothing, or were not in use: ${idle.join(", ")}.`]),
    ...(off.length === 0 ? [] : [`Switched off: ${off.join(", ")}.`]),
    "",
    markdownTable(head, rows, true),
  ].join("\n");
}

const COLUMNS = markdownTable(
  ["column", "what it is"],
  [
    ["`text`", "the text, NFC"],
    ["`label`", "the label that was asked for, as a class label"],
    ["`label_text`", "the same by name"],
    ["`language`", "ISO 639 code"],
    ["`id`", "configuration, language, label and index: the text's name in the run"],
    ["`configuration`", "how it was written"],
    ["`seed`", "seed of the sampler"],
  ],
);

function limitationsSection({ data, sets, notes }: CardFacts): string {
  const { recipe } = data;
  const { filters } = recipe;
  const successes = sets.flatMap((set) => {
    const success = reportedArm(data, set)?.score?.success;
    return success == null ? [] : [{ name: set.name, success }];
  });
  const checked =
    successes.length === 0
      ? "Nothing here measured how often that is so."
      : `By the run's automatic check ${successes
          .map(({ name, success }) => `${Math.round(100 * success)} %${sets.length > 1 ? ` (${name})` : ""}`)
          .join(", ")} of the texts that it looked at have the right language and label.`;
  const few = sets.some(({ arm }) => arm.named?.prompting === "few-shot");
  const parted = sets.some(({ splits }) => splits.length > 1);
  return [
    "The run has no person read its texts. They can be wrong or offensive, and can repeat what the model was trained on, also about real people.",
    `A label says what the model was asked for, not what it wrote. ${checked}`,
    `All texts are by one model, and share its habits and gaps, ${recipe.task.languages.length > 1 ? "which differ between languages" : "also in this language"}.`,
    few
      ? "Each label and language has one few-shot prompt with the same examples, which the texts may lean on."
      : "Each label and language has one prompt, which makes the texts more alike than texts of many people.",
    ...(filters.language === false ? ["Texts in another language than they say were not taken out."] : []),
    parted
      ? "Near-duplicates are within one split. All splits are synthetic: a score on one of them says how like each other the texts are, not how well a classifier does on texts of people."
      : "Near-duplicates were not looked for beyond the filters above; the texts are not divided into splits.",
    ...notes.map(markdownText),
  ]
    .map((sentence) => `- ${sentence}`)
    .join("\n");
}

function licenceSection({ model }: Recipe, licence: string | undefined): string {
  const governs = `The licence of the model, ${markdownText(model.source)}, governs what may be done with texts that it wrote: read it before you use or publish them.`;
  if (licence === undefined) return `No licence was given for this data set. ${governs}`;
  return `${markdownText(licence)}, as whoever exported this data set states. ${governs}`;
}

function provenanceSection({ data }: CardFacts): string {
  const { description } = data;
  return [
    `Exported by Tiller (tillerlm) ${VERSION} from the run ${markdownText(description.name)}${description.variant === undefined ? "" : `, variant ${markdownText(description.variant)}`}, which Tiller ${markdownText(description.version)} began.`,
    `\`recipe.yaml\` is its recipe, and \`provenance.json\` has its fingerprint (\`${markdownText(description.fingerprint)}\`), the sha256 of the model, of the texts and of every file here, and the counts.`,
  ].join("\n");
}
