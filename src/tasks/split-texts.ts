import { unquote } from "./clean-text.js";

/** What stands between the texts of one call unless the recipe says otherwise (paper C). */
export const DEFAULT_SEPARATOR = "|||";

export interface SplitOptions {
  /** How many texts were asked for: with neither separators nor a list, as many lines or paragraphs are the texts. */
  readonly count?: number;
  /** Leave out the first and the last piece, where models introduce and close (the predecessor of paper C). */
  readonly dropEnds?: boolean;
}

/**
 * The texts of an output that holds several, in their order, without the marks around them: numbering, bullets, code
 * fences, and a pair of quotation marks around a whole text. Empty pieces are left out.
 *
 * - A separator is also found with spaces or backslashes between its characters, in full-width characters (`｜｜｜`),
 *   and longer than asked for (`||||`). A line break as separator splits at every line, `\n\n` at blank lines.
 * - An output without one is split where it is a numbered or bulleted list instead, numbered in the digits of any
 *   script; what introduces the list or closes it is left out.
 * - Otherwise it is split at lines or paragraphs if there are just `count` of them, and is one text if not.
 *
 * @throws RangeError for an empty separator
 */
export function splitTexts(output: string, separator: string, options: SplitOptions = {}): string[] {
  if (separator === "") throw new RangeError("A separator must have at least one character.");
  const text = withoutFences(output.replace(/\r\n?|[\u2028\u2029]/g, "\n")).trim();
  const pieces = atSeparators(text, separator) ?? asList(text) ?? asLines(text, options.count) ?? [text];
  const whole = pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
  const isMeant = options.dropEnds === true || whole.length < 2 || !announces(whole[0]!);
  const bare = withoutMarks(isMeant ? whole : whole.slice(1)).filter((piece) => piece !== "");
  return options.dropEnds === true ? bare.slice(1, -1) : bare;
}

/** Whether a text says no more than what follows. */
function announces(text: string): boolean {
  return /[:：։፦][*_\s]*$/u.test(text);
}

function withoutFences(text: string): string {
  return text.replace(/^[ \t]*(?:`{3,}|~{3,})[^\n`]*$/gm, "");
}

/** The pieces between separators; undefined if there is none. */
function atSeparators(text: string, separator: string): string[] | undefined {
  const found = text.split(separatorPattern(separator));
  return found.length > 1 ? found : undefined;
}

/** Writers of right-to-left scripts put them around punctuation. */
const DIRECTION_MARKS = "\u200e\u200f\u061c";

function separatorPattern(separator: string): RegExp {
  if (separator.trim() === "") return /\n[^\S\n]*\n/.test(separator) ? /\n(?:[^\S\n]*\n)+/ : /\n/;
  const marks = Array.from(separator.trim().replace(/\s+/gu, ""), eitherWidth);
  const gap = `[\\p{Zs}\\t${DIRECTION_MARKS}]*\\\\?`;
  const one = marks.join(gap);
  // A row of one mark may be longer; words must match as they are.
  const isRow = new Set(marks).size === 1 && !/[\p{L}\p{M}\p{N}]/u.test(separator);
  const around = `[${DIRECTION_MARKS}]*`;
  return new RegExp(`${around}\\\\?${one}${isRow ? `(?:${gap}${marks[0]})*` : ""}${around}`, "u");
}

/** A pattern for a character and its full-width form. */
function eitherWidth(character: string): string {
  const code = character.codePointAt(0)!;
  const wide = code > 0x20 && code < 0x7f ? String.fromCodePoint(code + 0xfee0) : character.normalize("NFKC");
  const escaped = [character, wide].map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return `(?:${escaped.join("|")})`;
}

/** `1.`, `(1)`, `1)`, `1 -`, `**1.**`, `Text 1:`, `١)`, `๑.`, `1、`, `①`; the digits are the first group. */
const NUMBER =
  /^[*_#]*\s*(?:\p{L}[\p{L}\p{M}]{0,15}\s+)?[([（]?(\p{Nd}{1,3}|[①-⑳])(?:(?<=[①-⑳])|[*_]*(?:[.)\]．）、：](?!\p{Nd})|\s*[:։።।-](?=[*_]*(?:\s|$))))[*_]*\s*/u;
const BULLET = /^[-*•‣▪◦–—・·]\s+/u;

/** The items of a list; undefined if the text is none. */
function asList(text: string): string[] | undefined {
  const lines = text.split("\n");
  return itemsFrom(lines, numberedLines(lines)) ?? itemsFrom(lines, bulletedLines(lines));
}

/** Lines that begin with 1, 2, 3, …; a line with another number belongs to a text. */
function numberedLines(lines: readonly string[]): number[] {
  const found: number[] = [];
  lines.forEach((line, at) => {
    if (numberAt(line.trim()) === found.length + 1) found.push(at);
  });
  return found;
}

function bulletedLines(lines: readonly string[]): number[] {
  return lines.flatMap((line, at) => (BULLET.test(line.trim()) ? [at] : []));
}

/** The number that a text begins with, as an item of a list does. */
function numberAt(text: string): number | undefined {
  const digits = NUMBER.exec(text)?.[1];
  return digits === undefined ? undefined : numberOf(digits);
}

/** The number that digits of any script write. Each script's ten digits stand in a row that begins with zero. */
function numberOf(digits: string): number {
  return Array.from(digits, (digit) => {
    if (/[①-⑳]/u.test(digit)) return digit.codePointAt(0)! - 0x245f;
    let zero = digit.codePointAt(0)!;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && digit.codePointAt(0)! - zero < 9) zero -= 1;
    return digit.codePointAt(0)! - zero;
  }).reduce((sum, value) => sum * 10 + value, 0);
}

function itemsFrom(lines: readonly string[], starts: readonly number[]): string[] | undefined {
  if (starts.length < 2) return undefined;
  const before = lines.slice(0, starts[0]).join("\n");
  // What does not announce a list is a text that has one.
  if (before.trim() !== "" && !announces(before)) return undefined;
  const items = starts.map((start, i) =>
    lines
      .slice(start, starts[i + 1])
      .join("\n")
      .split(/\n(?:[^\S\n]*\n)+/)
      .filter((paragraph) => paragraph.trim() !== ""),
  );
  const last = items.at(-1)!;
  const closes = items.slice(0, -1).every((paragraphs) => paragraphs.length === 1);
  return [...items.slice(0, -1), closes ? last.slice(0, 1) : last].map((paragraphs) =>
    paragraphs.join("\n\n"),
  );
}

function asLines(text: string, count: number | undefined): string[] | undefined {
  if (count === undefined || count < 2) return undefined;
  const ways = [/\n(?:[^\S\n]*\n)+/, /\n/].map((mark) =>
    text.split(mark).filter((part) => part.trim() !== ""),
  );
  return ways.find((parts) => parts.length === count);
}

/**
 * Takes numbers away that count the pieces, bullets that most of them have, and a pair of quotation marks around the whole
 * of a piece. One piece that begins with a number, or with the dash of a dialogue, keeps it.
 */
function withoutMarks(pieces: readonly string[]): string[] {
  const numbers = pieces.map(numberAt).filter((number) => number !== undefined);
  const counted = numbers.length > 1 && numbers.every((number, i) => number === i + 1);
  const bulleted = pieces.filter((piece) => BULLET.test(piece)).length;
  const listed = pieces.length > 1 && 2 * bulleted > pieces.length;
  return pieces.map((piece) => {
    const unnumbered = counted ? piece.replace(NUMBER, "") : piece;
    return unquote((listed ? unnumbered.replace(BULLET, "") : unnumbered).trim()).trim();
  });
}
