import { expect, test } from "vitest";
import { tiller } from "./test-cli.js";

test("a preset stands in place of a recipe, and one of the two is needed", { timeout: 60_000 }, async () => {
  const planned = await tiller(["study", "--preset", "paper-d", "--dry-run", "--json"]);
  expect(planned.code, planned.stderr).toBe(0);
  expect(JSON.parse(planned.stdout)).toMatchObject({
    name: "paper-d-small",
    output: expect.stringMatching(/runs.paper-d-small$/),
  });
  const both = await tiller(["study", "recipe.yaml", "--preset", "paper-d"]);
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("not both") });
  const missing = await tiller(["study", "--preset", "paper-b", "--scale", "full"]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("do not come with Tiller") });
});
