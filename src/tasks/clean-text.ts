import type { ChatFormat } from "./prompt.js";

/**
 * A line of its own in which a chat model announces the text: "Here is a positive review in Czech:",
 * "Sure! Here's the text:". It must say what it announces, end in a colon and have a line after it.
 */
const ANNOUNCEMENT =
  /^[*_]*(?:sure|certainly|of course|okay|here(?:['’]s| is| are))\b(?=[^\r\n]*\b(?:review|sentence|text|example|paragraph|comment|post)s?\b)[^\r\n]*[:：][*_]*\s*[\r\n]/iu;

/** A heading that names what is asked for: "Review:", "**Positive review:**", "### Response:". */
const HEADING =
  /^(?:#{1,6}\s*)?([*_]{0,2})(?:(?:positive|negative|neutral) )?(?:review|sentence|text|output|response)(?:\1\s*[:：]|\s*[:：]\1)\s*/iu;

/** Closing marks by opening mark. Several scripts write a pair in more than one way. */
const CLOSING_QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["＂", "＂"],
  ["＇", "＇"],
  ["״", "״"],
  ["“", "”"],
  ["”", "”"],
  ["„", "“”"],
  ["‟", "”"],
  ["‘", "’"],
  ["’", "’"],
  ["‚", "‘’"],
  ["‛", "’"],
  ["«", "»"],
  ["»", "«»"],
  ["‹", "›"],
  ["›", "‹›"],
  ["「", "」"],
  ["『", "』"],
  ["｢", "｣"],
  ["〝", "〞〟"],
]);

const DOUBLE_QUOTES = '"＂״“”„‟«»「」『』｢｣〝〞〟';

/**
 * A generated text as a row of a data set: NFC, on one line, without what the chat put around it.
 *
 * - `instruction` keeps the first line that has content (paper A keeps the first line); the other formats keep
 *   all lines. White space, line breaks and control characters together become one space.
 * - A leading announcement on a line of its own and a leading heading are dropped. Both are English, as the
 *   built-in prompts are, and the list is short on purpose: a word that only might be a heading stays.
 * - A pair of quotation marks around the whole text is dropped, of any script; a pair around a part of it stays.
 *   A double opening mark at the start is also dropped if no double mark follows: the text was cut before its end.
 *
 * Cleaning a clean text changes nothing.
 */
export function cleanText(raw: string, options: { readonly chat: ChatFormat }): string {
  let text = raw.normalize("NFC").trim();
  text = dropHeading(text.replace(ANNOUNCEMENT, "").trimStart());
  if (options.chat === "instruction") text = /^[^\r\n]*/u.exec(text)![0];
  text = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  for (let previous = ""; text !== previous; ) {
    previous = text;
    text = dropHeading(unquote(text)).trim();
  }
  return text;
}

function dropHeading(text: string): string {
  return text.replace(HEADING, "");
}

/** Without a pair of quotation marks around the whole text, and without an opening one whose partner was cut. */
export function unquote(text: string): string {
  const opening = text.charAt(0);
  const closing = CLOSING_QUOTES.get(opening);
  if (closing === undefined) return text;
  if (text.length > 1 && closing.includes(text.at(-1)!) && enclosesAll(text, opening, closing)) {
    return text.slice(1, -1);
  }
  const rest = text.slice(1);
  const isUnclosed =
    DOUBLE_QUOTES.includes(opening) && ![...rest].some((mark) => DOUBLE_QUOTES.includes(mark));
  return isUnclosed ? rest : text;
}

/** Whether the first mark's partner is the last one: `"A" and "B"` begins and ends in quotes that are no pair. */
function enclosesAll(text: string, opening: string, closing: string): boolean {
  let depth = 1;
  for (let at = 1; at < text.length - 1; at++) {
    const mark = text.charAt(at);
    if (isPartOfWord(mark, text.charAt(at - 1), text.charAt(at + 1))) continue;
    if (closing.includes(mark)) depth -= 1;
    else if (mark === opening) depth += 1;
    if (depth === 0) return false;
  }
  return depth === 1;
}

/** An apostrophe (`it's`) or the gershayim of a Hebrew abbreviation, which some write as a quotation mark. */
function isPartOfWord(mark: string, before: string, after: string): boolean {
  const letters =
    mark === "'" || mark === "’"
      ? /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{M}\p{N}]{2}$/u
      : mark === '"' || mark === "״"
        ? /^\p{Script=Hebrew}{2}$/u
        : undefined;
  return letters?.test(before + after) ?? false;
}
