import { defineConfig } from "vitest/config";

/** Tests in a real browser: Chromium from `CHROMIUM`, or where systems put it. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/browser/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    fileParallelism: false,
  },
});
