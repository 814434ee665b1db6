/** Joins the bytes of tokens into text, across characters that are split over tokens, up to a stop string. */
export class TextAssembler {
  readonly #stop: readonly string[];
  readonly #decoder = new TextDecoder();
  #text = "";
  #stoppedAt: number | undefined;

  constructor(stop: readonly string[]) {
    this.#stop = stop;
  }

  /** Adds a token's bytes; true when a stop string is complete. */
  add(bytes: Uint8Array): boolean {
    const before = this.#text.length;
    this.#text += this.#decoder.decode(bytes, { stream: true });
    const found = this.#stop
      .map((stop) => this.#text.indexOf(stop, Math.max(0, before - stop.length + 1)))
      .filter((at) => at >= 0);
    if (found.length === 0) return false;
    this.#stoppedAt = Math.min(...found);
    return true;
  }

  /** The text, without the stop string and what follows it. An unfinished character at the end is left out. */
  end(): string {
    return this.#text.slice(0, this.#stoppedAt);
  }
}
