import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { centredEncoder } from "../encode/centred-encoder.js";
import { encodeTexts } from "../encode/encode-texts.js";
import type { Encoder } from "../encode/encoder.js";
import { type EncoderSource, parseEncoderSource } from "../encode/encoder-source.js";
import { onnxFingerprint } from "../encode/onnx-files.js";
import { type OpenedEncoder, openEncoder } from "../encode/open-encoder.js";
import { resolveModel } from "../models/resolve.js";
import { resolveLayers } from "../recipe/layers.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import type { DenseMatrix } from "../steering/dense-matrix.js";
import { absoluteSource } from "./experts.js";
import { readableBeginning } from "./readable-beginning.js";
import type { Study } from "./study.js";

const NOTHING: ReadonlySet<string> = new Set();

/** The recipe's encoder, opened when the first text is to be encoded: what is in the cache needs none. */
export class StudyEncoder implements AsyncDisposable {
  #key: string;
  readonly #study: Study;
  readonly #source: EncoderSource;
  #opened: Promise<OpenedEncoder> | undefined;
  /** How far the model that writes reads, and the texts that went on. */
  readonly #reading: { readonly context: number; readonly truncated: Set<string> };
  /** Of one language: texts of other languages are not kept. */
  #language: { name: string; encoder: Encoder; known: Map<string, Float32Array> } | undefined;

  private constructor(study: Study, source: EncoderSource, key: string) {
    this.#study = study;
    this.#source = source;
    this.#key = key;
    this.#reading = { context: study.recipe.model.context, truncated: new Set() };
  }

  /** @throws ModelError if a model file is missing, and what else `resolveModel` throws */
  static async of(study: Study): Promise<StudyEncoder> {
    const source = located(parseEncoderSource(study.recipe.scoring.encoder), study.loaded.directory);
    if (source.kind !== "onnx") return new StudyEncoder(study, source, await keyOf(source, study));
    const known = await onnxFingerprint({ model: source.model });
    if (known !== undefined) return new StudyEncoder(study, source, `onnx ${known}`);
    // A model of the Hub is fetched when it is opened, and then has files to tell it by.
    const fetched = new StudyEncoder(study, source, sourceText(source));
    await fetched.#encoder();
    const fingerprint = await onnxFingerprint({ model: source.model });
    if (fingerprint !== undefined) fetched.#key = `onnx ${fingerprint}`;
    return fetched;
  }

  /** What the vectors of a language depend on besides the texts: where it is the same, they are. */
  keyFor(language: string): unknown {
    return this.#source.kind === "residuals"
      ? [this.#key, this.#study.recipe.model.context, centringTexts(this.#study, language)]
      : this.#key;
  }

  /**
   * The vectors of sets of one language, after each other. Residuals are taken less the mean of the texts that vectors
   * are made from: without that all cosines are near 1.
   *
   * @param reference texts of the language that are encoded again and again: their vectors are kept until another
   *   language is asked for. The same for every call of a language.
   * @returns the encoder's name, and for each set `[texts][width]`
   */
  async encode<Name extends string>(
    language: string,
    reference: readonly string[],
    sets: Readonly<Record<Name, readonly string[]>>,
  ): Promise<{
    encoder: string;
    matrices: Record<Name, DenseMatrix>;
    /** Texts of each set of which only the beginning was read; undefined where all of every text is. */
    truncated?: { readonly tokens: number; readonly texts: Record<Name, number> };
  }> {
    const { encoder, known } = await this.#for(language, reference);
    const lists: [string, readonly string[]][] = Object.entries(sets);
    const others = lists.flatMap(([, texts]) => texts).filter((text) => !known.has(text));
    const found = await this.#vectors(encoder, others);
    const matrix = (texts: readonly string[]): DenseMatrix => {
      const values = new Float32Array(texts.length * encoder.width);
      for (const [row, text] of texts.entries()) {
        values.set((known.get(text) ?? found.get(text))!, row * encoder.width);
      }
      return { rows: texts.length, columns: encoder.width, values };
    };
    const each = <Value>(of: (texts: readonly string[]) => Value) =>
      Object.fromEntries(lists.map(([name, texts]) => [name, of(texts)])) as Record<Name, Value>;
    const { context, truncated = NOTHING } =
      this.#source.kind === "residuals" ? this.#reading : await this.#encoder();
    return {
      encoder: encoder.name,
      matrices: each(matrix),
      ...(context === undefined
        ? {}
        : {
            truncated: {
              tokens: context,
              texts: each((texts) => texts.filter((text) => truncated.has(text)).length),
            },
          }),
    };
  }

  async #for(language: string, reference: readonly string[]) {
    if (this.#language?.name === language) return this.#language;
    const opened = await this.#encoder();
    const encoder =
      this.#source.kind === "residuals"
        ? await centredEncoder(
            opened,
            await this.#readable(centringTexts(this.#study, language)),
            this.#options,
          )
        : opened;
    const known = await this.#vectors(encoder, reference);
    this.#language = { name: language, encoder, known };
    return this.#language;
  }

  /** The vector of each different text. */
  async #vectors(encoder: Encoder, texts: readonly string[]): Promise<Map<string, Float32Array>> {
    const different = [...new Set(texts)].sort();
    const readable = await this.#readable(different);
    const { columns, values } = await encodeTexts(encoder, readable, this.#options);
    return new Map(
      different.map((text, row) => [
        text,
        Float32Array.from(values.subarray(row * columns, (row + 1) * columns)),
      ]),
    );
  }

  /** Texts as the encoder can read them: sentence encoders cut for themselves, the model that writes does not. */
  async #readable(texts: readonly string[]): Promise<readonly string[]> {
    if (this.#source.kind !== "residuals") return texts;
    const engine = await this.#study.engine();
    const { context, truncated } = this.#reading;
    const beginnings: string[] = [];
    for (const text of texts) {
      const beginning = await readableBeginning(engine, text, context);
      if (beginning !== text) truncated.add(text);
      beginnings.push(beginning);
    }
    return beginnings;
  }

  #encoder(): Promise<OpenedEncoder> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #open(): Promise<OpenedEncoder> {
    return openLocated(this.#study, this.#source);
  }

  get #options() {
    return { signal: this.#study.options.signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }
}

/**
 * Opens the encoder that a recipe's key names; a file or folder is relative to the recipe's.
 * @throws as `openEncoder` does
 */
export function openStudyEncoder(study: Study, source: string): Promise<OpenedEncoder> {
  return openLocated(study, located(parseEncoderSource(source), study.loaded.directory));
}

async function openLocated(study: Study, source: EncoderSource): Promise<OpenedEncoder> {
  const { recipe, options } = study;
  const { signal, onDownload } = options;
  const { threads, gpuLayers } = recipe.model;
  return openEncoder(sourceText(source), {
    ...(source.kind === "residuals"
      ? { residuals: { engine: await study.engine(), layer: residualLayer(study) } }
      : {}),
    gguf: { threads, gpuLayers },
    models: { signal, onProgress: onDownload },
  });
}

function centringTexts({ materials }: Study, language: string): string[] {
  return materials.split.sets
    .filter((set) => set.language === language || set.language === ANY_LANGUAGE)
    .flatMap((set) => set.vectorTexts);
}

/** Where meaning is: about the middle of the depth. */
function residualLayer({ facts }: Study): number {
  return resolveLayers(["middle"], facts.layers)[0]!;
}

/** A file or folder is relative to the recipe's. */
function located(source: EncoderSource, directory: string): EncoderSource {
  if (source.kind === "gguf") return { ...source, model: absoluteSource(source.model, directory) };
  if (source.kind !== "onnx") return source;
  const folder = resolve(directory, source.model);
  return existsSync(folder) ? { ...source, model: folder } : source;
}

function sourceText(source: EncoderSource): string {
  return "model" in source ? `${source.kind}:${source.model}` : source.kind;
}

async function keyOf(source: EncoderSource, study: Study): Promise<string> {
  switch (source.kind) {
    case "residuals":
      return `residuals ${study.model.sha256} ${residualLayer(study)}`;
    case "gguf": {
      const { signal, onDownload } = study.options;
      return `gguf ${(await resolveModel(source.model, { signal, onProgress: onDownload })).sha256}`;
    }
    default:
      return sourceText(source);
  }
}
