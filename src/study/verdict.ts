import { signed } from "../classify/arm-verdict.js";
import { METRIC_TITLES, type MetricName } from "../classify/metric.js";
import type { Spread } from "../classify/spread.js";
import type { Prompting } from "../generate/configuration.js";

/** One comparison of the steered texts' classifier with a baseline's, as numbers. */
export interface VerdictNumbers {
  readonly verdict: "better" | "worse" | "no clear difference";
  /** What is compared; default `macro-f1`. */
  readonly metric?: MetricName;
  readonly steered: Pick<Spread, "mean" | "standardDeviation">;
  readonly baseline: Pick<Spread, "mean" | "standardDeviation">;
  /** `zero-shot` or `few-shot`. */
  readonly baselineName: string;
  /** The prompts that steering or guidance was added to. */
  readonly prompting: Prompting;
  /** What was added to them. Default `steered`. */
  readonly how?: Added;
  readonly difference: number;
  /** 95 % interval of the difference. */
  readonly low: number;
  readonly high: number;
}

/** What is compared with prompting. */
export type Added = "steered" | "guided" | "steered and guided";

const SUBJECTS: Readonly<Record<Added, string>> = {
  steered: "Steering",
  guided: "Guidance",
  "steered and guided": "Steering with guidance",
};

const OPENINGS = {
  better: "beat",
  worse: "did worse than",
  "no clear difference": "made no clear difference against",
};

/** The verdict in a sentence that can be read alone. */
export function verdictSentence(numbers: VerdictNumbers): string {
  const score = ({ mean, standardDeviation }: VerdictNumbers["steered"]) =>
    `${mean.toFixed(2)} ± ${standardDeviation.toFixed(2)}`;
  const { prompting, baselineName, how = "steered", metric = "macro-f1" } = numbers;
  const subject = prompting === baselineName ? SUBJECTS[how] : `${SUBJECTS[how]} with ${prompting} prompts`;
  return (
    `${subject} ${OPENINGS[numbers.verdict]} ${baselineName} prompting: on texts that people wrote, a classifier trained on the ${how} ` +
    `texts scores ${score(numbers.steered)}, one trained on the prompted texts ${score(numbers.baseline)} ` +
    `(${METRIC_TITLES[metric]}; difference ${signed(numbers.difference)}, 95 % interval ${signed(numbers.low)} to ${signed(numbers.high)}).`
  );
}
