/** One step of a pattern: a test of a character, which may hold any number of times, or a choice of two ways on. */
type Step =
  | {
      readonly kind: "character";
      readonly accepts: (character: string) => boolean;
      readonly repeats: boolean;
    }
  | { readonly kind: "skip"; readonly steps: number };

const ANY = () => true;
const WITHIN_FOLDER = (character: string) => character !== "/";

/**
 * A test for paths by a pattern as data-set cards write them: `*` and `?` stay within a folder, `**` crosses folders,
 * `[0-9]` and `[!0-9]` are one character of a set. A pattern comes from a stranger's card, so all positions are
 * followed at once: the time grows with pattern times path, whatever they are.
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const steps = readPattern(pattern);
  const reach = (positions: Set<number>, first: number): void => {
    // By a list and not by recursion, which a long pattern of choices would exhaust.
    const waiting = [first];
    for (let position = waiting.pop(); position !== undefined; position = waiting.pop()) {
      if (positions.has(position)) continue;
      positions.add(position);
      const step = steps[position];
      if (step?.kind === "skip") waiting.push(position + 1, position + step.steps);
      else if (step?.repeats) waiting.push(position + 1);
    }
  };
  return (path) => {
    let positions = new Set<number>();
    reach(positions, 0);
    for (const character of path) {
      const next = new Set<number>();
      for (const position of positions) {
        const step = steps[position];
        if (step?.kind !== "character" || !step.accepts(character)) continue;
        reach(next, step.repeats ? position : position + 1);
      }
      if (next.size === 0) return false;
      positions = next;
    }
    return positions.has(steps.length);
  };
}

function readPattern(pattern: string): Step[] {
  const steps: Step[] = [];
  const add = (accepts: (character: string) => boolean, repeats = false) =>
    steps.push({ kind: "character", accepts, repeats });
  for (const [text] of pattern.matchAll(/\*\*\/|\*+|\?|\[[^\]/]+\]|./gsu)) {
    if (text === "**/") {
      // No folder at all is a way too.
      steps.push({ kind: "skip", steps: 3 });
      add(ANY, true);
      add((character) => character === "/");
    } else if (text.startsWith("*")) add(text.length > 1 ? ANY : WITHIN_FOLDER, true);
    else if (text === "?") add(WITHIN_FOLDER);
    else if (text.length > 1 && text.startsWith("[")) add(characterSet(text.slice(1, -1)));
    else add((character) => character === text);
  }
  return steps;
}

function characterSet(text: string): (character: string) => boolean {
  const excludes = text.startsWith("!");
  const ranges = [...text.slice(excludes ? 1 : 0).matchAll(/(.)-(.)|./gsu)].map(
    ([whole, first = whole, last = whole]) => [first, last] as const,
  );
  return (character) =>
    character !== "/" && ranges.some(([first, last]) => first <= character && character <= last) !== excludes;
}
