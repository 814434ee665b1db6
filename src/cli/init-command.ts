import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { RecipeError, recipeJsonSchema, recipeTemplate } from "../index.js";
import { createOutput } from "./output.js";

const HELP = `
Example:
  $ tiller init reviews.yaml
  $ tiller run reviews.yaml
`;

async function write(file: string, text: string, flag: "w" | "wx"): Promise<void> {
  try {
    await writeFile(file, text, { flag });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RecipeError(
      code === "EEXIST"
        ? `${file} exists already. Choose another name, or --force to overwrite it.`
        : `${file} cannot be written: ${message}`,
    );
  }
}

/** `tiller init` */
export function addInitCommand(program: Command): void {
  program
    .command("init [file]")
    .description("write a commented recipe, and its JSON Schema for editors, to begin with")
    .option("--force", "overwrite an existing file")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (file = "recipe.yaml", { force, json }: { force?: boolean; json?: boolean }) => {
      const schema = join(dirname(file), "recipe.schema.json");
      await write(file, recipeTemplate({ schema: "./recipe.schema.json" }), force ? "w" : "wx");
      await write(schema, `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`, "w");
      createOutput(json === true).result(
        { recipe: file, schema },
        () => `Wrote ${file}. Edit it, then:\n  tiller run ${file} --dry-run\n  tiller run ${file}`,
      );
    });
}
