import { EngineError } from "../errors.js";

/**
 * Which rows of the residual stream: one language for capture and for steering. A row is one token at one
 * position; what stands in its residual stream decides the token after it.
 */
export interface Selection {
  /**
   * `prompt`: rows of the prompt, its last token among them, after which the first token is drawn. `generated`:
   * rows of tokens that were drawn, or of a text's given answer. Default `all`.
   */
  readonly phase?: "all" | "prompt" | "generated";
  /** Rows that any of these picks; left out, every row of the phase. */
  readonly include?: readonly Selector[];
  /** Rows that none of these may pick. */
  readonly exclude?: readonly Selector[];
}

/** Rows by their token or by their position. */
export type Selector = TokenSelector | PositionSelector;

/** Rows that hold one of these tokens of the vocabulary, such as a delimiter. */
export interface TokenSelector {
  readonly tokens: readonly number[];
}

/**
 * Rows from one position to another, both included. `start` counts from the first token, BOS included, which is 0.
 * `prompt-end` counts from the prompt's end: -1 is its last token, 0 the first generated one, so that 0 to k - 1
 * are the first k generated. `end` counts from the end of a text that is whole: -1 is its last token; a text that
 * is still being written has none.
 */
export interface PositionSelector {
  readonly anchor: "start" | "prompt-end" | "end";
  /** Default: as far back as there are rows. */
  readonly from?: number;
  /** Default: as far on as there are rows. */
  readonly to?: number;
}

/** A row, as a selection sees it. */
export interface SelectableRow {
  readonly token: number;
  /** From 0, BOS included. */
  readonly position: number;
  readonly promptLength: number;
  /** Length of the whole text; undefined while it is being written. */
  readonly length?: number | undefined;
}

function isWhole(value: number | undefined): boolean {
  return value === undefined || Number.isSafeInteger(value);
}

function selectorProblem(selector: Selector): string | undefined {
  if ("tokens" in selector) {
    if (selector.tokens.length === 0) return "a list of tokens is empty";
    const bad = selector.tokens.find((token) => !Number.isInteger(token) || token < 0);
    return bad === undefined ? undefined : `${bad} is no token`;
  }
  const { anchor, from, to } = selector;
  if (!["start", "prompt-end", "end"].includes(anchor)) return `${String(anchor)} is no anchor`;
  if (!isWhole(from) || !isWhole(to)) return "positions must be whole numbers";
  if (from !== undefined && to !== undefined && from > to) return `positions ${from} to ${to} run backwards`;
  if (anchor === "start" && to !== undefined && to < 0)
    return `no position is before the start, and ${to} is`;
  if (anchor === "end" && from !== undefined && from >= 0)
    return `no position is behind the end, and ${from} is`;
  return undefined;
}

/** What makes a selection impossible whatever the text, or undefined. */
export function selectionProblem(selection: Selection): string | undefined {
  const { phase = "all", include, exclude = [] } = selection;
  if (!["all", "prompt", "generated"].includes(phase)) return `${String(phase)} is no phase`;
  if (include?.length === 0) return "the list of what to include is empty";
  for (const selector of [...(include ?? []), ...exclude]) {
    const problem = selectorProblem(selector);
    if (problem !== undefined) return problem;
  }
  const never = (selector: Selector) => {
    if ("tokens" in selector || selector.anchor !== "prompt-end") return false;
    return phase === "prompt" ? (selector.from ?? -1) >= 0 : phase === "generated" && (selector.to ?? 0) < 0;
  };
  if (include?.every(never)) return `its positions are not in the phase ${phase}`;
  return undefined;
}

/** True if a selection counts from the end of whole texts. */
export function needsWholeText({ include = [], exclude = [] }: Selection): boolean {
  return [...include, ...exclude].some((selector) => "anchor" in selector && selector.anchor === "end");
}

/** True if what a selection picks inside a prompt depends on how long the prompt is. */
export function dependsOnPromptLength({ phase, include = [], exclude = [] }: Selection): boolean {
  if (phase === "generated") return false;
  return [...include, ...exclude].some(
    (selector) => "anchor" in selector && selector.anchor === "prompt-end" && (selector.from ?? -1) < 0,
  );
}

function compileSelector(selector: Selector): (row: SelectableRow) => boolean {
  if ("tokens" in selector) {
    const tokens = new Set(selector.tokens);
    return (row) => tokens.has(row.token);
  }
  const { anchor, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = selector;
  switch (anchor) {
    case "start":
      return ({ position }) => position >= from && position <= to;
    case "prompt-end":
      return ({ position, promptLength }) => position - promptLength >= from && position - promptLength <= to;
    case "end":
      return ({ position, length }) =>
        length !== undefined && position - length >= from && position - length <= to;
  }
}

/**
 * A selection as a test of rows; undefined if it picks every row.
 * @throws EngineError if it can pick none
 */
export function compileSelection(selection: Selection = {}): ((row: SelectableRow) => boolean) | undefined {
  const problem = selectionProblem(selection);
  if (problem !== undefined) throw new EngineError(`The selection picks no row: ${problem}.`);
  const { phase = "all" } = selection;
  const include = selection.include?.map(compileSelector);
  const exclude = (selection.exclude ?? []).map(compileSelector);
  if (phase === "all" && !include && exclude.length === 0) return undefined;
  return (row) => {
    if (phase !== "all" && row.position < row.promptLength !== (phase === "prompt")) return false;
    if (include && !include.some((picks) => picks(row))) return false;
    return !exclude.some((picks) => picks(row));
  };
}
