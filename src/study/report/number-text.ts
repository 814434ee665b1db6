/** Numbers as a reader sees them. What is not a finite number is a dash, never `NaN`. */

export const MISSING = "–";
const MINUS = "\u2212";
const THIN_SPACE = "\u202f";

/** Two or more decimals: `0.62`; the sign is a minus and not a hyphen. */
export function decimal(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return MISSING;
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** With its sign: `+0.03`, `−0.01`, `0.00`. */
export function signed(value: number, digits = 2): string {
  const text = decimal(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** Thousands apart by a thin space from five digits on: `1234`, `12 345`. */
export function whole(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  const digits = decimal(Math.round(value), 0);
  return Math.abs(value) < 9999.5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** As many digits as it needs, and no more than three: `0.2`, `12`, `1.25`. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  return String(Number(value.toPrecision(3))).replace("-", MINUS);
}

/** `48 s`, `12 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return MISSING;
  if (seconds < 10) return `${compact(seconds)} s`;
  const all = Math.round(seconds);
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`;
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`;
}
