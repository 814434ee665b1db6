/** Keeps the last lines of a stream of text, for the message when something fails. */
export class LogTail {
  readonly #limit: number;
  readonly #lines: string[] = [];
  #rest = "";
  #forgotten = 0;

  constructor(limit = 200) {
    this.#limit = limit;
  }

  add(chunk: string): void {
    const lines = (this.#rest + chunk).split(/\r?\n/);
    // A line that never ends must not grow without bound.
    this.#rest = lines.pop()!.slice(-4096);
    for (const line of lines) if (line.trim() !== "" && !/^\.+$/.test(line)) this.#lines.push(line);
    const surplus = Math.max(0, this.#lines.length - this.#limit);
    this.#lines.splice(0, surplus);
    this.#forgotten += surplus;
  }

  /** The last lines, oldest first. */
  lines(count = this.#limit): string[] {
    return this.#all().slice(-count);
  }

  /** How many lines have ended so far, those that are no longer kept included. */
  get position(): number {
    return this.#forgotten + this.#lines.length;
  }

  /** The lines from a position on, as far as they are still kept. */
  since(position: number): string[] {
    return this.#all().slice(Math.max(0, position - this.#forgotten));
  }

  #all(): string[] {
    return this.#rest.trim() === "" ? this.#lines : [...this.#lines, this.#rest];
  }
}
