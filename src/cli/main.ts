#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { TillerError, VERSION } from "../index.js";
import { addArmsCommand } from "./arms-command.js";
import { addBacktranslateCommand } from "./backtranslate-command.js";
import { addDataCommand } from "./data-command.js";
import { addDoctorCommand } from "./doctor-command.js";
import { addExplainCommand } from "./explain-command.js";
import { addExportCommand } from "./export-command.js";
import { addFinetuneCommand } from "./finetune-command.js";
import { addInitCommand } from "./init-command.js";
import { addModelsCommand } from "./models-command.js";
import { addPreviewCommand } from "./preview-command.js";
import { addPushCommand } from "./push-command.js";
import { addQuickstartCommand } from "./quickstart-command.js";
import { addRunCommands } from "./run-commands.js";
import { addStudyCommand } from "./study-search-command.js";
import { addTemplatesCommand } from "./templates-command.js";
import { addVectorsCommand } from "./vectors-command.js";

const USAGE_EXIT = 2;

function createProgram(): Command {
  const program = new Command("tiller")
    .description("Grow labelled text data in any language by steering open language models.")
    .version(VERSION)
    .option("--debug", "show stack traces")
    .showHelpAfterError("(add --help for usage)")
    .exitOverride();
  addQuickstartCommand(program);
  addInitCommand(program);
  addTemplatesCommand(program);
  addPreviewCommand(program);
  addRunCommands(program);
  addStudyCommand(program);
  addArmsCommand(program);
  addExplainCommand(program);
  addVectorsCommand(program);
  addFinetuneCommand(program);
  addBacktranslateCommand(program);
  addExportCommand(program);
  addPushCommand(program);
  addModelsCommand(program);
  addDataCommand(program);
  addDoctorCommand(program);
  // Commands do not inherit it.
  for (const command of program.commands) {
    command.exitOverride();
    for (const inner of command.commands) inner.exitOverride();
  }
  return program;
}

/** Prints an error for a person, and gives the exit code. */
function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT;
  if (error instanceof TillerError) {
    process.stderr.write(`${debug ? error.stack : error.message}\n`);
    return error.exitCode;
  }
  const { message, stack } = error as Error;
  process.stderr.write(
    `${debug ? stack : `Something went wrong that should not: ${message}`}\n${debug ? "" : "Run again with --debug to see where.\n"}`,
  );
  return 1;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error, program.opts().debug === true);
}
