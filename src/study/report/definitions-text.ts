import { DEFINITION_GROUPS, DEFINITIONS } from "../../score/definitions.js";
import { wrap } from "./display-width.js";

/** What every number of the scores means, for a terminal of so many columns. */
export function definitionsText(width: number): string {
  const indented = (text: string) => wrap(text, Math.max(20, width - 4)).map((line) => `    ${line}`);
  return DEFINITION_GROUPS.map((group) =>
    [
      group,
      ...Object.entries(DEFINITIONS)
        .filter(([, definition]) => definition.group === group)
        .flatMap(([id, { name, meaning, formula, range, higherIs, source }]) => [
          `  ${id}: ${name}`,
          ...indented(meaning),
          ...indented(`= ${formula}`),
          ...indented(`${range}; higher is ${higherIs}.${source === undefined ? "" : ` ${source}.`}`),
        ]),
    ].join("\n"),
  ).join("\n\n");
}
