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
      try {
        await writeFile(file, recipeTemplate(), { flag: force ? "w" : "wx" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") {
          throw new RecipeError(`${file} exists already. Choose another name, or --force to overwrite it.`);
        }
        throw new RecipeError(`${file} cannot be written: ${(error as Error).message}`);
      }
      await writeFile(schema, `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`);
      createOutput(json === true).result(
        { recipe: file, schema },
        () => `Wrote ${file}. Edit it, then:\n  tiller run ${file} --dry-run\n  tiller run ${file}`,
      );
    });
}
