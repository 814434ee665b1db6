import { decimal, signed, whole } from "./number-text.js";
import type { ReportedCorrelation, ReportedStudy, StudyRow } from "./run-report.js";

/** What a search found, in sentences and cells that the page and the terminal share. */

const SEARCHES: Readonly<Record<string, string>> = {
  grid: "the whole grid",
  random: "a random part of the grid",
  halving: "successive halving",
};

/** Failures that are named one by one; of more there is only the number. */
export const NAMED_FAILURES = 5;

/** How the sweep was searched, and at what cost. */
export function searchSentences({ search, tried, rounds, tokens, ended, failures }: ReportedStudy): string[] {
  const steps = rounds.map(
    ({ texts, configurations }) => `${whole(configurations)} with ${whole(texts)} texts of a label`,
  );
  const saved =
    tokens.grid > tokens.search
      ? ` That took ${whole(tokens.search)} tokens, ${Math.round((100 * tokens.search) / tokens.grid)} % of about ${whole(tokens.grid)} for the whole grid.`
      : "";
  return [
    `${whole(tried)} configurations were searched by ${SEARCHES[search] ?? search}${steps.length === 0 ? "" : `: ${steps.join(", then ")}`}.${saved}`,
    ...(ended === undefined ? [] : [ended]),
    ...failures
      .slice(0, NAMED_FAILURES)
      .map(({ configuration, message }) => `${configuration} could not be written: ${message}`),
    ...(failures.length > NAMED_FAILURES
      ? [`${failures.length - NAMED_FAILURES} more configurations could not be written.`]
      : []),
  ];
}

/** How many configurations did better or worse than a baseline; undefined if none was compared with it. */
export function baselineSentence({ rows }: ReportedStudy, baseline: string): string | undefined {
  const differences = rows.flatMap((row) => row.differences.filter((found) => found.baseline === baseline));
  if (differences.length === 0) return undefined;
  const count = (verdict: string) => differences.filter((found) => found.verdict === verdict).length;
  const higher = differences.filter(({ difference }) => difference > 0).length;
  return (
    `Against ${baseline} prompting, ${count("better")} of ${differences.length} data sets train a clearly better classifier, ` +
    `${count("worse")} a clearly worse one (${higher} score higher at all).`
  );
}

/** The baselines that configurations were compared with. */
export function baselinesOf({ rows }: ReportedStudy): string[] {
  return [...new Set(rows.flatMap((row) => row.differences.map(({ baseline }) => baseline)))];
}

export const CORRELATION_WORDS: Readonly<Record<ReportedCorrelation["score"], string>> = {
  success: "success",
  coherence: "coherence",
  diversity: "diversity",
  harmonic: "harmonic mean of the three",
  searched: "harmonic mean on the search's texts",
};

/** Fewer pairs than these say next to nothing. */
export const TELLING_PAIRS = 6;

/** `ρ = +0.62, p = 0.03`. */
export function correlationText({ rho, pValue }: ReportedCorrelation): string {
  return `ρ = ${signed(rho)}, p = ${pValue < 0.001 ? "< 0.001" : decimal(pValue, pValue < 0.1 ? 3 : 2)}`;
}

/** `0.71 ± 0.03`, or a dash. */
export function downstreamText({ downstream }: StudyRow): string {
  return downstream === undefined
    ? decimal(Number.NaN)
    : `${decimal(downstream.mean, 3)} ± ${decimal(downstream.sd, 3)}`;
}

/** `0.62 (0.51 to 0.70)`. */
export function harmonicText({ harmonic, interval }: StudyRow): string {
  const value = decimal(harmonic ?? Number.NaN);
  return interval === undefined ? value : `${value} (${decimal(interval.low)} to ${decimal(interval.high)})`;
}

/** `+0.05 (−0.02 to +0.11)` for each baseline, and `better` or `worse` where it is clear. */
export function differenceText({ differences }: StudyRow): string {
  return differences
    .map(({ baseline, difference, low, high, verdict }) => {
      const clear = verdict === "better" || verdict === "worse" ? `, ${verdict}` : "";
      const name = differences.length > 1 ? `${baseline}: ` : "";
      return `${name}${signed(difference)} (${signed(low)} to ${signed(high)})${clear}`;
    })
    .join("; ");
}
