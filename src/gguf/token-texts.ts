import { ModelError } from "../errors.js";
import { metadataNumbers, metadataString, readGguf } from "./read.js";

const TOKENS = "tokenizer.ggml.tokens";
const TYPES = "tokenizer.ggml.token_type";

/** llama.cpp's types of tokens that stand for no text: unknown, control, unused. */
const NO_TEXT: readonly number[] = [2, 3, 5];

/** SentencePiece writes a space as this character. */
const SPACE = /\u2581/g;

/**
 * Each token's text, as the model file's metadata has it; undefined for tokens that stand for no text. A token that
 * is part of a character only is shown as `<0xE2>` or with U+FFFD.
 *
 * @throws ModelError if the file cannot be read or has no vocabulary.
 */
export function readTokenTexts(path: string): (string | undefined)[] {
  const file = readGguf(path, { arrays: [TOKENS, TYPES] });
  const tokens = file.metadata.get(TOKENS);
  if (tokens?.type !== "array" || tokens.items !== "string") {
    throw new ModelError(`${path} has no vocabulary: it lacks ${TOKENS}.`);
  }
  const types = metadataNumbers(file, TYPES);
  const byteLevel = metadataString(file, "tokenizer.ggml.model") === "gpt2";
  return tokens.value.map((piece, token) => {
    if (NO_TEXT.includes(types?.[token] ?? 1)) return undefined;
    return byteLevel ? byteLevelText(piece) : piece.replace(SPACE, " ");
  });
}

/** GPT-2's vocabulary spells each byte as a printable character: itself, or one from U+0100 on. */
function byteLevelText(piece: string): string {
  const bytes = [...piece].map((character) => BYTE_OF.get(character));
  // Added tokens, such as control tokens, are spelled as they are.
  if (bytes.some((byte) => byte === undefined)) return piece;
  return Buffer.from(bytes as number[]).toString("utf8");
}

const BYTE_OF: ReadonlyMap<string, number> = (() => {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  const map = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    map.set(String.fromCharCode(printable(byte) ? byte : next), byte);
    if (!printable(byte)) next += 1;
  }
  return map;
})();
