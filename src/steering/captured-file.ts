import { ModelError } from "../errors.js";
import type { GgufValue } from "../gguf/format.js";
import { metadataNumber, metadataNumbers, metadataString, readGguf } from "../gguf/read.js";
import type { CapturedModel, ClassGroup } from "./class-means.js";

/** What files of captured residuals say in common: of which model, texts, layers and groups they are. */

const FORMAT = 1;

/** A kind of such files. */
export interface CapturedKind {
  /** The file's `general.architecture`. */
  readonly architecture: string;
  /** Begins the keys of its own, such as `tiller.means`. */
  readonly prefix: string;
  /** What it holds, for messages. */
  readonly what: string;
}

/** What a file is of. */
export interface CapturedHead {
  readonly model: CapturedModel;
  readonly dataSha256: string;
  readonly layers: readonly number[];
  readonly groups: readonly ClassGroup[];
}

/** The file's metadata for a head, in the order of the file. */
export function headMetadata(
  { architecture, prefix }: CapturedKind,
  head: CapturedHead,
): [string, GgufValue][] {
  const { model, dataSha256, layers, groups } = head;
  return [
    ["general.architecture", text(architecture)],
    ["tiller.format", { type: "uint32", value: FORMAT }],
    ["tiller.model.sha256", text(model.sha256)],
    ["tiller.model.architecture", text(model.architecture)],
    ["tiller.model.name", text(model.name)],
    ["tiller.model.width", { type: "uint32", value: model.width }],
    ["tiller.data.sha256", text(dataSha256)],
    [`${prefix}.layers`, { type: "array", items: "int32", value: layers }],
    [
      `${prefix}.languages`,
      { type: "array", items: "string", value: groups.map(({ language }) => language) },
    ],
    [`${prefix}.classes`, { type: "array", items: "string", value: groups.map((group) => group.class) }],
  ];
}

function text(value: string): GgufValue {
  return { type: "string", value };
}

/**
 * Opens a file of captured residuals.
 * @param expected refuses one of another model or of other texts.
 * @param arrays keys of lists that this kind has besides.
 * @throws ModelError if the file is damaged, of another kind, or not of the expected model and texts.
 */
export function openCaptured(
  path: string,
  { architecture, prefix, what }: CapturedKind,
  expected: { readonly modelSha256?: string; readonly dataSha256?: string },
  arrays: readonly string[] = [],
) {
  const own = ["layers", "languages", "classes"].map((key) => `${prefix}.${key}`);
  const file = readGguf(path, { arrays: [...own, ...arrays] });
  const refuse = (problem: string): never => {
    throw new ModelError(`${path} ${problem}. Delete it, and the residuals will be captured again.`);
  };
  const string = (key: string): string => metadataString(file, key) ?? refuse(`lacks ${key}`);
  const strings = (key: string): readonly string[] => {
    const value = file.metadata.get(key);
    return value?.type === "array" && value.items === "string" ? value.value : refuse(`lacks ${key}`);
  };
  const numbers = (key: string): number[] => [...(metadataNumbers(file, key) ?? refuse(`lacks ${key}`))];
  if (string("general.architecture") !== architecture) refuse(`holds no ${what}`);
  if (metadataNumber(file, "tiller.format") !== FORMAT) refuse("is of another version of Tiller");
  const width = metadataNumber(file, "tiller.model.width") ?? refuse("lacks the model's width");
  const model: CapturedModel = {
    sha256: string("tiller.model.sha256"),
    architecture: string("tiller.model.architecture"),
    name: string("tiller.model.name"),
    width,
  };
  const dataSha256 = string("tiller.data.sha256");
  if (expected.modelSha256 !== undefined && expected.modelSha256 !== model.sha256) {
    refuse(`was captured from the model ${model.sha256} and not from ${expected.modelSha256}`);
  }
  if (expected.dataSha256 !== undefined && expected.dataSha256 !== dataSha256) {
    refuse(`was captured from other texts (${dataSha256} and not ${expected.dataSha256})`);
  }
  const classes = strings(`${prefix}.classes`);
  const groups = strings(`${prefix}.languages`).map(
    (language, index): ClassGroup => ({
      language,
      class: classes[index] ?? refuse("names fewer classes than languages"),
    }),
  );
  return { file, refuse, numbers, model, dataSha256, layers: numbers(`${prefix}.layers`), groups };
}
