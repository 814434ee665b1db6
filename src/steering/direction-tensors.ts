import { ModelError } from "../errors.js";
import { type GgufFile, metadataString, readGguf } from "../gguf/read.js";
import { readDoubleTensor, readTensor } from "../gguf/read-tensor.js";
import { ggmlTypeSizes } from "../gguf/tensor-types.js";

/** `general.architecture` of every control vector, of whichever program. */
export const CONTROL_VECTOR = "controlvector";

/** No model comes near 10,000 blocks. */
const NAME = /^direction\.(0|[1-9][0-9]{0,3})$/;

/**
 * Opens a control vector, with the metadata arrays that are asked for.
 * @throws ModelError if the file cannot be read, is damaged, or is no control vector.
 */
export function openControlVector(path: string, arrays: readonly string[] = []): GgufFile {
  const file = readGguf(path, { arrays });
  const architecture = metadataString(file, "general.architecture");
  if (architecture === CONTROL_VECTOR) return file;
  throw new ModelError(
    `${path} is no control vector but ${architecture === undefined ? "something else" : quoted(architecture)}. ` +
      "Choose a file that Tiller, repeng or llama-cvector-generator wrote.",
  );
}

/** Text of a file on one line and without what a terminal obeys: control characters, and turns of direction. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD");
}

/** `plainText` short enough for a message. */
export function quoted(text: string): string {
  const characters = [...plainText(text.slice(0, 1000))];
  return characters.length > 100 ? `${characters.slice(0, 100).join("")}…` : characters.join("");
}

/**
 * The tensors `direction.<block>` of a control vector, by ascending block: `[width]` each. F32 is what programs write;
 * F16 and F64 are read too, because repeng writes whatever NumPy made of its vectors.
 * @throws ModelError if there are none, or other tensors, or they are not of one width, or share their data.
 */
export function readDirections(file: GgufFile): Map<number, Float32Array | Float64Array> {
  const refuse = (what: string, remedy: string): never => {
    throw new ModelError(`${file.path} cannot be used as a control vector: ${what}. ${remedy}`);
  };
  const again = "Export it again with the program that made it.";
  const found: { name: string; layer: number }[] = [];
  let bytes = 0;
  let width: number | undefined;
  for (const { name, shape, elements, type, bytes: size } of file.tensors.values()) {
    const layer = NAME.exec(name)?.[1];
    if (layer === undefined) {
      refuse(
        `it has a tensor named ${quoted(name)}`,
        "Only direction.<block> may be in it. Remove the others.",
      );
    }
    const typeName = ggmlTypeSizes.get(type)?.name ?? `type ${type}`;
    if (!["F32", "F16", "F64"].includes(typeName)) {
      refuse(`${name} is stored as ${typeName}`, "Export it as F32.");
    }
    if (elements === 0 || shape[0] !== elements) {
      refuse(`${name} has the shape [${shape}] instead of one dimension`, again);
    }
    width ??= elements;
    if (elements !== width) refuse(`${name} has ${elements} dimensions, and others ${width}`, again);
    bytes += size ?? 0;
    found.push({ name, layer: Number(layer) });
  }
  if (found.length === 0) refuse("it has no tensor direction.<block>", again);
  // Otherwise a small file whose tensors all lie at one place could fill the memory.
  if (bytes > file.size) refuse("its tensors overlap", "It is damaged. Get it again.");
  found.sort((a, b) => a.layer - b.layer);
  return new Map(
    found.map(({ name, layer }) => {
      const isDouble = ggmlTypeSizes.get(file.tensors.get(name)!.type)?.name === "F64";
      return [layer, isDouble ? readDoubleTensor(file, name) : readTensor(file, name)];
    }),
  );
}
