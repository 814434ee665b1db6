import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { runAll } from "./run-commands.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";

const RECIPE = fileURLToPath(new URL("../../examples/quickstart.yaml", import.meta.url));

const HELP = `
Fetches TinyLlama (323 MB) once, learns from two hundred sentences which way "positive" and "negative" lie in it,
tries six ways of steering on a few reviews each, picks the best, writes a hundred reviews with it and a hundred
without, trains a small classifier on either, and says which one is better at reviews that people wrote.

Example:
  $ tiller quickstart
`;

/** `tiller quickstart` */
export function addQuickstartCommand(program: Command): void {
  withStudyOptions(
    program.command("quickstart").description("steer TinyLlama to write reviews, and see whether it helped"),
  )
    .addHelpText("after", HELP)
    .action((flags: StudyFlags) => onStudy(RECIPE, flags, runAll));
}
