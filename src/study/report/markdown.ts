/** Characters that turn the writing direction until something turns it back, which a label need not do. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const MARKUP = /[\\`*_{}[\]<>|#~&!]/g;

/**
 * Text of any origin as plain words of one line of Markdown, also within a table: markup is escaped, line ends
 * become spaces, and characters that turn the writing direction are written as their numbers.
 */
export function markdownText(text: string): string {
  return text
    .replace(
      DIRECTION,
      (character) => `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
    )
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(MARKUP, (character) =>
      character === "&" ? "&amp;" : character === "<" ? "&lt;" : `\\${character}`,
    );
}

/** A table whose cells are Markdown already; columns after the first are aligned to the right on demand. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers = false,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (numbers && column > 0 ? "---:" : "---"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** A block of text that is shown as it is; its fence is longer than any within. */
export function markdownBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.replace(DIRECTION, "")}\n${fence}`;
}
