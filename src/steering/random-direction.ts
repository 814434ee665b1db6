import { randomGenerator, seedFrom } from "../random/seeded-random.js";
import { type Direction, directionOf } from "./direction.js";

export interface RandomDirectionOptions {
  readonly width: number;
  /** Another seed gives another control. */
  readonly seed: number;
  readonly layer: number;
  readonly language: string;
  readonly class: string;
}

/**
 * A direction drawn evenly from all directions: independent standard normal numbers (Box & Muller), scaled to unit
 * length. The control of every other method, at the same strength: what a direction does that this does not is due to
 * what it points to. The same options give the same direction; layers, languages and classes have their own.
 *
 * @returns `norm`: length before scaling, about √width, and of no meaning.
 */
export function randomDirection(options: RandomDirectionOptions): Direction {
  const { width, seed, layer, language } = options;
  const random = randomGenerator(seedFrom(seed, "random-direction", layer, language, options.class));
  const normal = (): number => Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random());
  return directionOf(Float64Array.from({ length: width }, normal));
}
