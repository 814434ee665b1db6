import { mean } from "../score/statistics.js";

/** A text's mean residual, projected on a unit direction. */
export interface Projection {
  /** Position of the prompt that the text was written from. */
  readonly prompt: number;
  readonly value: number;
}

/**
 * How far texts lie along a direction from unsteered texts of the same prompts: the mean of
 * (value − mean of the prompt's unsteered texts) / s, where s is the pooled standard deviation of the unsteered texts
 * within their prompts (Glass's Δ). Its standard error counts both sets.
 *
 * @returns undefined for fewer than two texts, or unsteered ones that do not differ.
 */
export function shiftOf(
  steered: readonly Projection[],
  unsteered: readonly Projection[],
): { readonly shift: number; readonly shiftError: number } | undefined {
  const centres = new Map<number, number>();
  let squares = 0;
  for (const prompt of new Set(unsteered.map((text) => text.prompt))) {
    const own = unsteered.filter((text) => text.prompt === prompt).map(({ value }) => value);
    const centre = mean(own)!;
    centres.set(prompt, centre);
    for (const value of own) squares += (value - centre) ** 2;
  }
  const freedom = unsteered.length - centres.size;
  const deviation = Math.sqrt(squares / freedom);
  if (!(deviation > 0)) return undefined;
  const moved = steered.flatMap(({ prompt, value }) => {
    const centre = centres.get(prompt);
    return centre === undefined ? [] : [(value - centre) / deviation];
  });
  if (moved.length < 2) return undefined;
  const shift = mean(moved)!;
  const variance = moved.reduce((sum, value) => sum + (value - shift) ** 2, 0) / (moved.length - 1);
  return { shift, shiftError: Math.sqrt(variance / moved.length + 1 / unsteered.length) };
}
