export type LearningRateDecay = "cosine" | "linear" | "constant";

export interface LearningRateSchedule {
  /** The highest rate. */
  readonly rate: number;
  /** How the rate falls from the first step of the run to its last. */
  readonly decay: LearningRateDecay;
  /** Share of each epoch's steps in which the rate rises to where the decay has it. */
  readonly warmUp: number;
}

/** Where a step is: its number in the epoch and in the run, from 0, and how many there are of each. */
export interface StepPosition {
  readonly inEpoch: number;
  readonly stepsOfEpoch: number;
  readonly inRun: number;
  readonly stepsOfRun: number;
}

/**
 * The learning rate of one step; always above 0. The warm-up comes in every epoch, and not in the first alone,
 * because the optimiser's averages begin anew in every epoch.
 */
export function learningRate({ rate, decay, warmUp }: LearningRateSchedule, step: StepPosition): number {
  const done = step.inRun / step.stepsOfRun;
  const share = decay === "cosine" ? (1 + Math.cos(Math.PI * done)) / 2 : decay === "linear" ? 1 - done : 1;
  const rising = Math.ceil(warmUp * step.stepsOfEpoch);
  return rate * share * Math.min(1, (step.inEpoch + 1) / Math.max(1, rising));
}
