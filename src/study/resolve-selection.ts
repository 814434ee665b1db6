import type { Engine } from "../engine/engine.js";
import type { Selection } from "../engine/selection.js";
import { RecipeError } from "../errors.js";
import { selectionOf, selectionTexts } from "../recipe/selection-key.js";
import type { RecipeSelection } from "../recipe/steering-schema.js";

/** What a text is put behind, to see its tokens in the middle of a text; a letter, a full stop and a line break. */
const BEFORE = ["a", ".", "\n"];

/** What is asked of an engine: which tokens a text is, and how many there are. */
type Tokens = Pick<Engine, "tokenize"> & { readonly model: Pick<Engine["model"], "vocabulary"> };

/**
 * A recipe's selection as the engine reads it. A text, such as a colon, stands for its tokens in the model's
 * vocabulary: at the start of a text and within one, where vocabularies that know a space before a word have another
 * token.
 *
 * @param place The recipe's key, for the message.
 * @throws RecipeError if a text is more than one token wherever it stands, or the vocabulary lacks a token
 */
export async function resolveSelection(
  engine: Tokens,
  selection: RecipeSelection,
  place: string,
): Promise<Selection> {
  const found = new Map<string, readonly number[]>();
  for (const text of selectionTexts(selection)) found.set(text, await tokensOfText(engine, text, place));
  const resolved = selectionOf(selection, (text) => found.get(text)!);
  const { vocabulary } = engine.model;
  for (const selector of [...(resolved.include ?? []), ...(resolved.exclude ?? [])]) {
    const unknown = "tokens" in selector && selector.tokens.find((token) => token >= vocabulary);
    if (typeof unknown !== "number") continue;
    throw new RecipeError(
      `${place}: there is no token ${unknown}; the model's vocabulary has 0 to ${vocabulary - 1}.`,
    );
  }
  return resolved;
}

async function tokensOfText(engine: Tokens, text: string, place: string): Promise<number[]> {
  const alone = await engine.tokenize(text);
  const whole = [alone];
  for (const before of BEFORE) {
    const start = await engine.tokenize(before);
    const both = await engine.tokenize(before + text);
    if (start.every((token, i) => both[i] === token)) whole.push(both.slice(start.length));
  }
  const single = whole.filter((tokens) => tokens.length === 1).map((tokens) => tokens[0]!);
  if (single.length > 0) return [...new Set(single)];
  throw new RecipeError(
    `${place}: the text ${JSON.stringify(text)} is ${alone.length} tokens of this model, and a row holds one. ` +
      `Name a shorter text, or token numbers: the text's are ${alone.join(", ")}.`,
  );
}
