import type { Command } from "commander";
import {
  BUILT_IN_TEMPLATES,
  LABEL_SETS,
  type LabelSet,
  type PromptTemplate,
  RecipeError,
  TEMPLATE_VARIABLES,
} from "../index.js";
import { createOutput } from "./output.js";

const HELP = `
A template's name is for task.prompt, a label set's for task.labels. NAME shows one of them whole. The templates that ask
about a text, paper-c/self-check and paper-c/classify, are no names for task.prompt.

Example:
  $ tiller templates
  $ tiller templates paper-a/sentiment
  $ tiller templates massive-10-intents
`;

/** Names in a column, with where they come from. */
function listing(entries: Readonly<Record<string, { readonly source: string }>>): string[] {
  const width = Math.max(...Object.keys(entries).map((name) => name.length));
  return Object.entries(entries).map(([name, { source }]) => `  ${name.padEnd(width)}  ${source}`);
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}

function templateText(name: string, { several, source, chat, ...words }: PromptTemplate): string {
  const parts: [string, string | undefined][] = [
    ["system", words.system],
    ["zeroShot", words.zeroShot],
    ["fewShot", words.fewShot],
    ["zeroShot, several texts a call", several?.zeroShot],
    ["fewShot, several texts a call", several?.fewShot],
  ];
  const all = parts.map(([, text]) => text ?? "").join("");
  const variables = Object.entries(TEMPLATE_VARIABLES).filter(([variable]) => all.includes(`{${variable}}`));
  return [
    `${name}: ${source}`,
    ...(chat === undefined ? [] : [`used with task.chat: ${chat}`]),
    ...parts.flatMap(([part, text]) => (text === undefined ? [] : [`${part}:`, indented(text)])),
    ...variables.map(([variable, meaning]) => `{${variable}}: ${meaning}`),
  ].join("\n");
}

function labelSetText(name: string, { labels, source }: LabelSet): string {
  const lines = labels.map(
    ({ label, meaning }) => `  ${label}${meaning === undefined ? "" : `: ${meaning}`}`,
  );
  return [`${name}: ${source}`, ...lines].join("\n");
}

/** `tiller templates` */
export function addTemplatesCommand(program: Command): void {
  program
    .command("templates [name]")
    .description("list the built-in prompt templates and label sets, or show one")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((name: string | undefined, { json }: { json?: boolean }) => {
      const output = createOutput(json === true);
      const labelSets: Readonly<Record<string, LabelSet>> = LABEL_SETS;
      if (name === undefined) {
        output.result({ templates: BUILT_IN_TEMPLATES, labelSets, variables: TEMPLATE_VARIABLES }, () =>
          ["Templates", ...listing(BUILT_IN_TEMPLATES), "", "Label sets", ...listing(labelSets)].join("\n"),
        );
        return;
      }
      const base = name.replace(/\/(?:zero|few)-shot$/, "");
      const template = Object.hasOwn(BUILT_IN_TEMPLATES, base) ? BUILT_IN_TEMPLATES[base] : undefined;
      const set = Object.hasOwn(labelSets, name) ? labelSets[name] : undefined;
      if (template) output.result({ name, ...template }, () => templateText(name, template));
      else if (set) output.result({ name, ...set }, () => labelSetText(name, set));
      else {
        throw new RecipeError(
          `There is no template or label set "${name}". \`tiller templates\` lists them all.`,
        );
      }
    });
}
