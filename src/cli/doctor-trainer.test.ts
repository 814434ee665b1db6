import { expect, test } from "vitest";
import { trainerText } from "./doctor-trainer.js";

const PACKAGES = [
  { name: "torch", wanted: "2.0.1", found: "2.0.1+cpu" },
  { name: "transformers", wanted: "5.0.0", found: undefined },
];

test("what is missing stands beside what is there, with the one command that helps", () => {
  const text = trainerText({
    ready: false,
    python: "/opt/python",
    version: "3.12.1",
    environment: "/home/x",
    packages: PACKAGES,
    problem: "It lacks transformers.",
    remedy: "tiller doctor --trainer --install",
    notes: [],
  });
  expect(text).toBe(
    [
      "Python 3.12.1: /opt/python",
      "  torch         2.0.1+cpu",
      "  transformers  missing, 5.0.0 is wanted",
      "Problem: It lacks transformers.",
      "Install them with: tiller doctor --trainer --install",
    ].join("\n"),
  );
});
