import { expect, test } from "vitest";
import { sourceFolder } from "../data/test-sources.js";
import { tiller } from "./test-cli.js";

const { write } = sourceFolder();

test("tiller data shows what a recipe would read with the same options", async () => {
  const file = write("reviews.csv", "Review;stars\nWarm bread;5\nCold soup;1\nOpen;3\n");
  const columns = ["--delimiter", ";", "--text-column", "Review", "--label-column", "stars"];
  const { code, stdout, stderr } = await tiller([
    ...["data", file, "--json", ...columns, "--labels", "5=positive", "1=negative", "3="],
  ]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    rows: 3,
    read: {
      rows: 2,
      labels: [
        { name: "positive", rows: 1 },
        { name: "negative", rows: 1 },
      ],
    },
  });
});

test("flags are checked", async () => {
  const split = await tiller(["data", "a.csv", "--split", "test"]);
  expect([split.code, split.stderr]).toEqual([2, expect.stringContaining("split: found split of a file")]);
});
