/** Line separators of Unicode that JSON leaves as they are and that many readers take for the end of a line. */
const SEPARATORS = /[\u0085\u2028\u2029]/g;

/**
 * A value as one line of JSON Lines, with its line feed. U+0085, U+2028 and U+2029 are escaped, so that a
 * reader that splits at Unicode line ends (Python's `str.splitlines`) sees one line too.
 */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value).replace(
    SEPARATORS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${json}\n`;
}
