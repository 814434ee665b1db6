/** ln Σ exp(x), in 64 bits and without overflow. −∞ for an empty or all −∞ input. */
export function logSumExp(values: Float32Array | Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i]! > largest) largest = values[i]!;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - largest);
  return largest + Math.log(sum);
}

/** Natural log-probabilities of logits, as a new array. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const normaliser = logSumExp(logits);
  return logits.map((value) => value - normaliser);
}
