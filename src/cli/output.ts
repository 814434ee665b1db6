/** Where results go: text for people or JSON for programs on standard output. Progress goes to standard error. */
export interface Output {
  readonly json: boolean;
  readonly width: number;
  readonly color: boolean;
  /** Prints `text()` for people or `data` for programs. */
  result(data: unknown, text: () => string): void;
}

export function createOutput(json: boolean): Output {
  const stream = process.stdout;
  return {
    json,
    width: stream.columns ?? 100,
    color: stream.isTTY === true && process.env.NO_COLOR === undefined,
    result(data, text) {
      const body = json ? JSON.stringify(data, null, 2) : text();
      stream.write(body.endsWith("\n") ? body : `${body}\n`);
    },
  };
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `322.6 MB` */
export function byteText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
