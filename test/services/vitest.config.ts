import { defineConfig } from "vitest/config";

/** Tests against programs that are not part of the project. One that is not there is skipped, by name. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/services/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: "forks",
  },
});
