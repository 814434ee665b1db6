/**
 * The probability that a value of Student's t-distribution lies at least `t` from 0, on either side:
 * I(ν / (ν + t²); ν/2, 1/2), I being the regularised incomplete beta function.
 *
 * @param degrees ν, above 0.
 */
export function twoSidedT(t: number, degrees: number): number {
  if (!(degrees > 0))
    throw new RangeError(`A t-distribution needs degrees of freedom above 0, not ${degrees}.`);
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** Terms of the continued fraction at most; some tens suffice. */
const MOST_TERMS = 500;
const PRECISION = 1e-15;
/** In place of a denominator of 0. */
const TINY = 1e-300;

/** The regularised incomplete beta function I(x; a, b), by its continued fraction (DLMF 8.17.22) with Lentz's method. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean alone.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  const notZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / notZero(1 + term * d);
      c = notZero(1 + term / c);
      step = c * d;
      fraction *= step;
    }
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return front * fraction;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** From where on Stirling's series below has fifteen digits. */
const STIRLING_FROM = 12;

/** The logarithm of the gamma function of a positive number, by Stirling's series (DLMF 5.11.1). */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < STIRLING_FROM; z++) shift -= Math.log(z);
  const square = 1 / (z * z);
  const series =
    (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
