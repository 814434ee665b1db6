import { type Command, InvalidArgumentError } from "commander";
import { type PromptPreview, previewRecipe, type RecipePreview } from "../index.js";
import { showDownload } from "./download-progress.js";
import { createOutput } from "./output.js";
import { createProgress } from "./progress-line.js";
import { chosenRuns } from "./variants.js";
import { withInterrupt } from "./with-interrupt.js";

const MOST_SAMPLES = 64;

const HELP = `
Shows each prompt as the model will read it, in its chat template, with its tokens and the room that the context leaves.
The texts are written without steering or guidance. With --samples 0 nothing is written and no model is fetched.

Example:
  $ tiller preview reviews.yaml
  $ tiller preview reviews.yaml --all --samples 0
`;

interface PreviewFlags {
  readonly all?: boolean;
  readonly samples?: number;
  readonly variant?: readonly string[];
  readonly json?: boolean;
}

function samplesOf(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= MOST_SAMPLES) return number;
  throw new InvalidArgumentError(`Give a whole number from 0 to ${MOST_SAMPLES}.`);
}

/** Text of a recipe or a model: control characters are shown and do nothing, line breaks stay. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\n" ? "\n" : `<${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

function framed(text: string): string {
  return shown(text).replace(/^/gm, "  | ");
}

function promptText({ prompt, text, tokens, room, samples, ...of }: PromptPreview): string {
  const unrendered =
    typeof prompt === "string"
      ? prompt
      : prompt.map(({ role, content }) => `[${role}] ${content}`).join("\n");
  const size = tokens === undefined ? "" : `: ${tokens} tokens, room for ${room}`;
  return [
    `${of.prompting}, ${of.label} (${of.language})${size}`,
    framed(text ?? unrendered),
    ...samples.flatMap(({ texts, tokens, finish }) => [
      `  text of ${tokens} tokens${finish === "length" ? ", cut" : ""}`,
      ...texts.map((row) => framed(row).replaceAll("  | ", "  > ")),
    ]),
  ].join("\n");
}

function previewText(preview: RecipePreview): string {
  const { name, model, modelIsHere, context, maxTokens, perCall, prompts, notes } = preview;
  return [
    `${name}: ${model}, context ${context}, longest text ${maxTokens}${perCall > 1 ? ` for ${perCall} texts a call` : ""}`,
    ...(modelIsHere
      ? []
      : ["The model is not on this machine: its chat template and the tokens are not known."]),
    ...prompts.map((prompt) => `\n${promptText(prompt)}`),
    ...(notes.length > 0 ? ["", ...notes.map((note) => `note: ${note}`)] : []),
  ].join("\n");
}

/** `tiller preview` */
export function addPreviewCommand(program: Command): void {
  program
    .command("preview <recipe>")
    .description("show a recipe's first prompts as the model will read them, and three texts that it writes")
    .option("--all", "every label (default: the first one, for each prompting and language)")
    .option("--samples <number>", "texts to write, from the shown prompts in turn (default: 3)", samplesOf)
    .option(
      "--variant <name>",
      "variant of the recipe's matrix, again for several (default: all)",
      (name: string, before: string[] = []) => [...before, name],
    )
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (path: string, { all, samples, json, ...flags }: PreviewFlags) => {
      const output = createOutput(json === true);
      const progress = createProgress(process.stderr);
      const download = showDownload(progress);
      const previews = await withInterrupt(progress, async ({ signal }) => {
        const done: RecipePreview[] = [];
        for (const { recipe, variant } of await chosenRuns(path, flags)) {
          const options = { variant, all, samples, progress, signal, onDownload: download.listen };
          done.push(await previewRecipe(recipe, options).finally(download.end));
        }
        return done;
      });
      output.result(previews.length === 1 ? previews[0] : previews, () =>
        previews.map(previewText).join("\n\n"),
      );
    });
}
