import { createHash } from "node:crypto";
import { z } from "zod";
import type { Engine, Prompt } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { EngineError, InterruptedError } from "../errors.js";
import type { AnswerCache } from "../store/answer-cache.js";
import { readableBeginning } from "../study/readable-beginning.js";
import { type Calibration, CONTENT_FREE_TEXTS, calibrated } from "./content-free.js";
import {
  answerLead,
  type LabelledExample,
  labelQuestion,
  type PromptForm,
  promptInForm,
} from "./label-question.js";
import { type LabelTree, labelProbabilities, labelTree } from "./label-tree.js";

/** The part of an engine that labels are read with. */
export type LabelEngine = Pick<
  Engine,
  "model" | "capabilities" | "tokenize" | "render" | "promptTokens" | "nextTokens" | "logProbabilities"
>;

export interface LlmClassifierOptions {
  /** Asked for when a text is read that the cache does not know. */
  readonly engine: () => Promise<LabelEngine>;
  /** Says which model it is, for the cache: the file's sha256, or what it was trained from. */
  readonly modelKey: string;
  /** As prompts call them, at least two: class numbers are places in this list. */
  readonly labels: readonly string[];
  /** What is determined: `sentiment`, `topic` or another noun. */
  readonly task: string;
  /** Tokens of prompt and answer together. */
  readonly context: number;
  /** Default `none`. */
  readonly calibration?: Calibration | undefined;
  readonly cache?: AnswerCache | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each text, known or read. */
  readonly onText?: (() => void) | undefined;
}

/** A language model that says which label a text has. */
export interface LlmClassifier {
  /**
   * Probabilities of the labels for each text, see {@link labelProbabilities}. Of a text that does not fit into the
   * context its beginning is read. Examples need not have every label.
   *
   * @returns `[texts][labels]`, each row adding up to 1.
   * @throws EngineError if the engine gives no log-probabilities, labels cannot be told apart, or the context has no
   *   room for a text; InterruptedError when the signal is aborted
   */
  probabilities(
    texts: readonly string[],
    options?: { readonly examples?: readonly LabelledExample[] },
  ): Promise<Float64Array[]>;
  /** Texts of which only the beginning was read. */
  readonly shortened: number;
}

const knownSchema = z.object({ probabilities: z.array(z.number()), shortened: z.boolean() });
type Known = z.infer<typeof knownSchema>;

/** Less room than this for a text says nothing of what is in it. */
const LEAST_ROOM = 16;
/** A token boundary can move where a text is put into its prompt. */
const MARGIN = 4;
/** Share of the context that examples may take. */
const EXAMPLES_SHARE = 0.5;
/** Of how the prompts are worded and the labels read: raised when that changes, so that nothing stale is found. */
const FORMAT = 1;

/**
 * A classifier that asks a language model for the label in the words of paper C, and reads the answer off the model's
 * probabilities instead of letting it write: the beginning of the answer is put into its mouth. One reading a text, or
 * one for each label where labels begin alike.
 *
 * A text is read on its own, so that its numbers depend on nothing but model, prompt and machine type.
 */
export function llmClassifier(options: LlmClassifierOptions): LlmClassifier {
  const { modelKey, labels, task, context, calibration = "none", cache, signal } = options;
  const settings = JSON.stringify([FORMAT, modelKey, labels, task, context]);
  let shortened = 0;
  let reader: Promise<Reader> | undefined;

  const readAll = async (
    texts: readonly string[],
    examples: readonly LabelledExample[],
    onText = () => {},
  ): Promise<Known[]> => {
    const of = createHash("sha256")
      .update(JSON.stringify([settings, examples]))
      .digest("hex");
    const keys = texts.map((text) =>
      createHash("sha256")
        .update(JSON.stringify([of, text]))
        .digest("hex"),
    );
    const found = keys.map((key) => cache?.get(key, knownSchema));
    for (const known of found) if (known) onText();
    const missing = [...texts.keys()].filter((i) => found[i] === undefined);
    if (signal?.aborted) throw new InterruptedError("Stopped.");
    if (missing.length === 0) return found as Known[];
    reader ??= openReader(options);
    const unread = missing.map((i) => texts[i]!);
    for await (const { text, known } of (await reader).read(unread, examples)) {
      found[missing[text]!] = known;
      await cache?.add(keys[missing[text]!]!, known);
      onText();
    }
    return found as Known[];
  };

  return {
    get shortened() {
      return shortened;
    },
    async probabilities(texts, { examples = [] } = {}) {
      try {
        const free =
          calibration === "none" || texts.length === 0 ? [] : await readAll(CONTENT_FREE_TEXTS, examples);
        const found = await readAll(texts, examples, options.onText);
        shortened += found.filter((one) => one.shortened).length;
        const rows = found.map(({ probabilities }) => Float64Array.from(probabilities));
        if (free.length === 0) return rows;
        return calibrated(
          rows,
          free.map(({ probabilities }) => probabilities),
        );
      } finally {
        await cache?.flush();
      }
    },
  };
}

interface Reader {
  /** Reads texts with the same examples; what is read of a text does not depend on the others. */
  read(
    texts: readonly string[],
    examples: readonly LabelledExample[],
  ): AsyncIterable<{ readonly text: number; readonly known: Known }>;
}

async function openReader({
  engine: open,
  labels,
  task,
  context,
  signal,
}: LlmClassifierOptions): Promise<Reader> {
  const engine = await open();
  if (!engine.capabilities.logProbabilities) {
    throw new EngineError(
      `${engine.model.name} cannot say which label a text has: its engine gives no log-probabilities.`,
    );
  }
  const lead = answerLead(task);
  const tree = await labelTree((text) => engine.tokenize(text), lead, labels);
  const longest = Math.max(
    ...(await Promise.all(labels.map(async (label) => (await engine.tokenize(`${lead} ${label}`)).length))),
  );
  const form = await formOf(engine);
  const promptOf = (text: string, examples: readonly LabelledExample[]) =>
    promptInForm(labelQuestion({ text, examples, labels, task }), form);
  const plan = async (examples: readonly LabelledExample[]) => {
    const each = Math.floor((EXAMPLES_SHARE * context) / Math.max(1, examples.length));
    const shown: LabelledExample[] = [];
    for (const { text, label } of examples) {
      shown.push({ text: await readableBeginning(engine, text, each), label });
    }
    const frame = (await engine.promptTokens(promptOf("", shown))).length + longest + MARGIN;
    if (context - frame < LEAST_ROOM) {
      throw new EngineError(
        `The question for a label takes ${frame} tokens without its text${examples.length > 0 ? `, with ${examples.length} examples` : ""}, ` +
          `and the context has ${context}. Raise arms.context${examples.length > 0 ? ", or lower arms.inContext.perLabel" : ""}.`,
      );
    }
    const cut = shown.some(({ text }, i) => text !== examples[i]!.text);
    return { shown, cut, room: context - frame };
  };
  return {
    async *read(texts, examples) {
      const { shown, cut, room } = await plan(examples);
      const begins: string[] = [];
      for (const text of texts) begins.push(await readableBeginning(engine, text, room));
      const prompts = begins.map((begin) => promptOf(begin, shown));
      const frames = FRAMES.map((text) => promptOf(text, shown));
      for (let start = 0; start < texts.length; start += CHUNK) {
        const chunk = prompts.slice(start, start + CHUNK);
        const rows = await retryAfterCrash("reading labels", () =>
          readLabels(engine, { prompts: chunk, frames, lead, labels, tree, signal }),
        );
        for (const [i, probabilities] of rows.entries()) {
          const text = start + i;
          const shortened = cut || begins[text] !== texts[text];
          yield { text, known: { probabilities: [...probabilities], shortened } };
        }
      }
    },
  };
}

/** Texts that begin unlike each other: what questions about them share, all questions share. */
const FRAMES = ["a", "0"] as const;

/** Texts that are asked about together: what a kill loses at most. */
const CHUNK = 16;

interface Reading {
  readonly prompts: readonly Prompt[];
  /** Prompts that share what all prompts share. */
  readonly frames: readonly Prompt[];
  readonly lead: string;
  readonly labels: readonly string[];
  readonly tree: LabelTree;
  readonly signal: AbortSignal | undefined;
}

/** `[prompts][labels]` */
async function readLabels(
  engine: LabelEngine,
  { prompts, frames, lead, labels, tree: { own, first }, signal }: Reading,
): Promise<Float64Array[]> {
  const options = signal ? { signal } : {};
  const rows = new Array<Float64Array>(prompts.length);
  if (first) {
    const answered = (prompt: Prompt) => ({ prompt, answer: first.beginning });
    const asked = { frames: frames.map(answered), tokens: first.tokens, ...options };
    const single = first.tokens.map((token) => [token]);
    for await (const { text, values } of engine.nextTokens(prompts.map(answered), asked)) {
      rows[text] = labelProbabilities(
        single,
        Array.from(values, (value) => [value]),
      );
    }
    return rows;
  }
  for (const [i, prompt] of prompts.entries()) {
    const values = new Array<Float32Array>(labels.length);
    const texts = labels.map((label) => ({ prompt, answer: `${lead} ${label}` }));
    for await (const item of engine.logProbabilities(texts, options)) {
      // Counted from the end: whether the lead begins with a space depends on what is before it.
      values[item.text] = item.values.subarray(item.values.length - own[item.text]!.length);
    }
    rows[i] = labelProbabilities(own, values);
  }
  return rows;
}

/** How a model takes messages: some chat templates refuse a system turn, and some models have no template. */
export async function formOf(engine: LabelEngine): Promise<PromptForm> {
  if (!engine.model.hasChatTemplate) return "plain";
  try {
    await engine.render([
      { role: "system", content: "Be short." },
      { role: "user", content: "Hello" },
    ]);
    return "chat";
  } catch (error) {
    if (!(error instanceof EngineError) || error.crashed) throw error;
    return "chat-without-system";
  }
}
