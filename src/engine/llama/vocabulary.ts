import type { Native, Pointer } from "./bindings.js";

/** Text to tokens and back, by the model's own vocabulary. */
export class Vocabulary {
  readonly size: number;
  readonly bos: number;
  readonly pointer: Pointer;
  readonly #native: Native;
  readonly #pieces = new Map<number, Uint8Array>();

  constructor(native: Native, model: Pointer) {
    this.#native = native;
    this.pointer = native.llama_model_get_vocab(model)!;
    this.size = native.llama_vocab_n_tokens(this.pointer);
    this.bos = native.llama_vocab_bos(this.pointer);
  }

  /**
   * @param addSpecial put BOS (and what else the model wants) around the text
   * @param parseSpecial read `</s>` and the like as control tokens rather than as text
   */
  tokenize(text: string, addSpecial: boolean, parseSpecial: boolean): Int32Array {
    const bytes = Buffer.from(text, "utf8");
    let out = new Int32Array(bytes.length + 8);
    const run = () =>
      this.#native.llama_tokenize(
        this.pointer,
        bytes,
        bytes.length,
        out,
        out.length,
        addSpecial,
        parseSpecial,
      );
    let count = run();
    if (count < 0) {
      out = new Int32Array(-count);
      count = run();
    }
    return out.slice(0, count);
  }

  /**
   * Tokens of a text that goes on where `before` ends. SentencePiece's vocabularies put a space before whatever is
   * tokenised; it belongs there at the beginning and behind a control token, and nowhere else.
   */
  continuation(text: string, before: number | undefined): Int32Array {
    const tokens = this.tokenize(text, false, false);
    const isControl = before === undefined || this.piece(before).length === 0;
    if (isControl || this.#written(tokens) !== ` ${text}`) return tokens;
    // Behind a line break, with which no token of such a vocabulary begins but itself, there is no space.
    const guard = this.tokenize("\n", false, false);
    const guarded = this.tokenize(`\n${text}`, false, false);
    return guard.every((token, i) => token === guarded[i]) ? guarded.slice(guard.length) : tokens;
  }

  #written(tokens: Int32Array): string {
    return Buffer.concat(Array.from(tokens, (token) => this.piece(token))).toString("utf8");
  }

  /** Bytes of a token, possibly a part of a character. Control tokens have none unless `special`. */
  piece(token: number, special = false): Uint8Array {
    const key = special ? -1 - token : token;
    let piece = this.#pieces.get(key);
    if (!piece) {
      piece = this.#read(token, special);
      this.#pieces.set(key, piece);
    }
    return piece;
  }

  text(token: number): string {
    return token < 0 ? "" : Buffer.from(this.piece(token, true)).toString("utf8");
  }

  isEndOfGeneration(token: number): boolean {
    return this.#native.llama_vocab_is_eog(this.pointer, token);
  }

  get eos(): number {
    return this.#native.llama_vocab_eos(this.pointer);
  }

  #read(token: number, special: boolean): Uint8Array {
    let out = Buffer.alloc(64);
    let length = this.#native.llama_token_to_piece(this.pointer, token, out, out.length, 0, special);
    if (length < 0) {
      out = Buffer.alloc(-length);
      length = this.#native.llama_token_to_piece(this.pointer, token, out, out.length, 0, special);
    }
    return Uint8Array.from(out.subarray(0, length));
  }
}

/** The first thing in which two vocabularies differ, in words; undefined if every token is the same. */
export function vocabularyDifference(a: Vocabulary, b: Vocabulary): string | undefined {
  if (a.size !== b.size) return `${a.size} tokens against ${b.size}`;
  for (let token = 0; token < a.size; token++) {
    const [one, other] = [a.text(token), b.text(token)];
    if (one !== other)
      return `token ${token} is ${JSON.stringify(one)} in one and ${JSON.stringify(other)} in the other`;
    if (a.isEndOfGeneration(token) !== b.isEndOfGeneration(token)) {
      return `token ${token} (${JSON.stringify(one)}) ends a text in one and not in the other`;
    }
  }
  return undefined;
}
