/** A number that was measured, or why there is none. */
export interface Measured {
  /** Never NaN, and never a 0 that stands for nothing. */
  readonly value: number | undefined;
  /** What `value` may be off by because texts were drawn; undefined where all were taken, or drawn only once. */
  readonly standardError: number | undefined;
  /** Where there is no value: why, such as `fewer than 2 texts`. */
  readonly absent: string | undefined;
}

/** A value that is exact for the texts that were given. */
export function exactly(value: number): Measured & { readonly value: number } {
  return { value, standardError: undefined, absent: undefined };
}

/** No value, for a reason. */
export function absent(reason: string): Measured {
  return { value: undefined, standardError: undefined, absent: reason };
}
