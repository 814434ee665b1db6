import type { Selection, Selector } from "../engine/selection.js";
import type { RecipeSelection, RecipeSelector } from "./steering-schema.js";

/** Texts that a recipe's selection names in place of token numbers. */
export function selectionTexts({ include = [], exclude = [] }: RecipeSelection): string[] {
  return [...new Set([...include, ...exclude].flatMap(({ text }) => text ?? []))];
}

/**
 * A recipe's selection as the engine reads it.
 * @param tokensOf The tokens that stand for a text.
 */
export function selectionOf(
  selection: RecipeSelection,
  tokensOf: (text: string) => readonly number[],
): Selection {
  const selectors = (list: readonly RecipeSelector[]) =>
    list.map((selector) => selectorOf(selector, tokensOf));
  return {
    ...(selection.phase === undefined ? {} : { phase: selection.phase }),
    ...(selection.include === undefined ? {} : { include: selectors(selection.include) }),
    ...(selection.exclude === undefined ? {} : { exclude: selectors(selection.exclude) }),
  };
}

function selectorOf(selector: RecipeSelector, tokensOf: (text: string) => readonly number[]): Selector {
  const { tokens, text, anchor, from, to } = selector;
  if (tokens !== undefined) return { tokens };
  if (text !== undefined) return { tokens: tokensOf(text) };
  return {
    anchor: anchor!,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
