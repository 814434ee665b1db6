/** Keeps the last lines of a stream of text, for the message when something fails. */
export class LogTail {
  readonly #limit: number;
  readonly #lines: string[] = [];
  #rest = "";

  constructor(limit = 200) {
    this.#limit = limit;
  }

  add(chunk: string): void {
    const lines = (this.#rest + chunk).split(/\r?\n/);
    // A line that never ends must not grow without bound.
    this.#rest = lines.pop()!.slice(-4096);
    for (const line of lines) if (line.trim() !== "" && !/^\.+$/.test(line)) this.#lines.push(line);
    this.#lines.splice(0, Math.max(0, this.#lines.length - this.#limit));
  }

  /** The last lines, oldest first. */
  lines(count = this.#limit): string[] {
    const all = this.#rest.trim() === "" ? this.#lines : [...this.#lines, this.#rest];
    return all.slice(-count);
  }

  clear(): void {
    this.#lines.length = 0;
    this.#rest = "";
  }
}
