/** Writes the gradient at `x` into `gradient` and returns the value at `x`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  /** Stop when no component of the gradient is larger. Default 1e-5. */
  readonly tolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
  /** Pairs of steps and gradient changes to keep. Default 10. */
  readonly memory?: number;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Largest absolute component of the gradient at `x`. */
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** False when the iterations ran out, or no step along the direction of descent lowered the value. */
  readonly converged: boolean;
}

const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;
const MAX_LINE_SEARCH_STEPS = 40;

/**
 * Minimises a smooth function by limited-memory BFGS: the two-loop recursion of Nocedal & Wright, Numerical
 * Optimization (2nd ed.), algorithms 7.4 and 7.5, with a line search for the strong Wolfe conditions
 * (eq. 3.7, c₁ = 10⁻⁴, c₂ = 0.9). `start` is not changed.
 *
 * @throws RangeError when the function is not finite at `start`.
 */
export function minimize(f: Objective, start: Float64Array, options: MinimizeOptions = {}): Minimum {
  const { tolerance = 1e-5, maxIterations = 1000, memory = 10 } = options;
  const size = start.length;
  let x = Float64Array.from(start);
  let gradient = new Float64Array(size);
  let value = f(x, gradient);
  let evaluations = 1;
  if (!Number.isFinite(value)) throw new RangeError(`The function is ${value} at the start.`);

  const history: Correction[] = [];
  const direction = new Float64Array(size);
  let trial = new Float64Array(size);
  let trialGradient = new Float64Array(size);
  let iterations = 0;

  while (infinityNorm(gradient) > tolerance && iterations < maxIterations) {
    descentDirection(direction, gradient, history);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      history.length = 0;
      descentDirection(direction, gradient, history);
      slope = dot(direction, gradient);
    }
    // Before there is curvature to scale by, a step of length one or less.
    const firstStep = history.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const from = x;
    const at = (step: number): Point => {
      evaluations++;
      for (let i = 0; i < size; i++) trial[i] = from[i]! + step * direction[i]!;
      const trialValue = f(trial, trialGradient);
      return { step, value: trialValue, slope: dot(direction, trialGradient) };
    };
    const found = lineSearch(at, { step: 0, value, slope }, firstStep);
    if (!found) {
      if (history.length === 0) break;
      history.length = 0;
      continue;
    }
    const correction = history.length === memory ? history.shift()! : newCorrection(size);
    let curvature = 0;
    for (let i = 0; i < size; i++) {
      const s = trial[i]! - x[i]!;
      const y = trialGradient[i]! - gradient[i]!;
      correction.s[i] = s;
      correction.y[i] = y;
      curvature += s * y;
    }
    if (curvature > 0) {
      correction.curvature = curvature;
      history.push(correction);
    }
    [x, trial] = [trial, x];
    [gradient, trialGradient] = [trialGradient, gradient];
    value = found.value;
    iterations++;
  }
  const gradientNorm = infinityNorm(gradient);
  return { x, value, gradientNorm, iterations, evaluations, converged: gradientNorm <= tolerance };
}

/** A step `s`, the change `y` of the gradient over it, and `curvature` = s·y. */
interface Correction {
  readonly s: Float64Array;
  readonly y: Float64Array;
  curvature: number;
}

function newCorrection(size: number): Correction {
  return { s: new Float64Array(size), y: new Float64Array(size), curvature: 0 };
}

/** Two-loop recursion: `direction` = −H · gradient. `history` is oldest first. */
function descentDirection(
  direction: Float64Array,
  gradient: Float64Array,
  history: readonly Correction[],
): void {
  for (let i = 0; i < direction.length; i++) direction[i] = -gradient[i]!;
  const alphas = new Float64Array(history.length);
  for (let k = history.length - 1; k >= 0; k--) {
    const { s, y, curvature } = history[k]!;
    const alpha = dot(s, direction) / curvature;
    alphas[k] = alpha;
    addScaled(direction, -alpha, y);
  }
  const latest = history.at(-1);
  if (latest) {
    const scale = latest.curvature / dot(latest.y, latest.y);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  history.forEach(({ s, y, curvature }, k) => {
    addScaled(direction, alphas[k]! - dot(y, direction) / curvature, s);
  });
}

/** A place on the line of search: value and directional derivative there. */
interface Point {
  readonly step: number;
  readonly value: number;
  readonly slope: number;
}

/**
 * A step that meets the strong Wolfe conditions, or undefined. Keeps a bracket whose lower end lowers the value
 * enough but is still steep, and whose upper end is too far; the last call of `at` is the returned point.
 */
function lineSearch(at: (step: number) => Point, origin: Point, firstStep: number): Point | undefined {
  // Near the minimum the decrease drowns in rounding; a rise of a few units in the last place is none.
  const rounding = 4 * Number.EPSILON * Math.abs(origin.value);
  let lower = origin;
  let upper: Point | undefined;
  let step = firstStep;
  for (let i = 0; i < MAX_LINE_SEARCH_STEPS; i++) {
    const point = at(step);
    const enough =
      Number.isFinite(point.value) &&
      point.value <= origin.value + SUFFICIENT_DECREASE * step * origin.slope + rounding;
    if (!enough) upper = point;
    else if (Math.abs(point.slope) <= CURVATURE * Math.abs(origin.slope)) return point;
    else if (point.slope > 0) upper = point;
    else lower = point;
    step = upper ? between(lower, upper) : 2 * step;
  }
  return undefined;
}

/** The minimum of the cubic through both ends (Nocedal & Wright, eq. 3.59), kept off the ends. */
function between(a: Point, b: Point): number {
  const width = b.step - a.step;
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sqrt(d1 * d1 - a.slope * b.slope);
  const cubic = b.step - (width * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
  if (!Number.isFinite(cubic)) return a.step + width / 2;
  return Math.min(Math.max(cubic, a.step + 0.1 * width), b.step - 0.1 * width);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(target: Float64Array, scale: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * source[i]!;
}

function infinityNorm(vector: Float64Array): number {
  let norm = 0;
  for (let i = 0; i < vector.length; i++) norm = Math.max(norm, Math.abs(vector[i]!));
  return norm;
}
