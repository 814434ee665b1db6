import {
  countText,
  type Depth,
  decimalText,
  depthOf,
  meanOf,
  rankText,
  type StudiedCell,
  signedText,
  studiedCells,
} from "./claim-numbers.js";
import { signed } from "./report/number-text.js";
import type { ArmResult, RunReport } from "./report/run-report.js";

/** What reports say to each claim of a paper, in words. */

/** What is measured of a claim, and what keeps it from being compared. */
export interface Finding {
  readonly ours: string | undefined;
  /** Left out, the preset's own reason at scale small, and none at full scale. */
  readonly why?: string;
  /** The claim is about a direction, which another model at another scale can show as well. */
  readonly direction?: boolean;
}

/** Pairs below which a rank correlation says next to nothing. */
const TELLING_PAIRS = 6;

/** A claim about a direction over the sweep can be compared where the sweep has enough cells to show one. */
export function directionOf(
  reports: readonly RunReport[],
  differs: string,
): Pick<Finding, "direction" | "why"> {
  if (reports.every(({ pilot }) => pilot.length >= TELLING_PAIRS)) {
    return { direction: true, why: `the direction alone: ${differs}` };
  }
  return { why: "so few cells show no direction" };
}

/** What each report says, with its title where there are several; undefined if none says anything. */
export function listed(
  reports: readonly RunReport[],
  text: (report: RunReport) => string | undefined,
): string | undefined {
  const said = reports.flatMap((report) => {
    const words = text(report);
    if (words === undefined) return [];
    return [reports.length > 1 ? `${report.title.split(" ").at(-1)}: ${words}` : words];
  });
  return said.length === 0 ? undefined : said.join("; ");
}

const armNamed = ({ arms }: RunReport, name: string) => arms.find((arm) => arm.name === name);

export function diversityGain({ arm }: StudiedCell, report: RunReport): number | undefined {
  const prompted = armNamed(report, "zero-shot")?.score?.diversity;
  return arm?.score === undefined || prompted === undefined ? undefined : arm.score.diversity - prompted;
}

/** Means over configurations: `early +0.012 (3 of 4 higher), …`. */
export function byDepth(
  reports: readonly RunReport[],
  gain: (cell: StudiedCell, report: RunReport) => number | undefined,
  what: string,
): string | undefined {
  const gains = new Map<Depth, number[]>();
  for (const report of reports) {
    for (const cell of studiedCells(report)) {
      const depth = depthOf(cell, report.model.layers);
      const value = gain(cell, report);
      if (depth === undefined || value === undefined || !Number.isFinite(value)) continue;
      gains.set(depth, [...(gains.get(depth) ?? []), value]);
    }
  }
  if (gains.size === 0) return undefined;
  const parts = (["early", "middle", "late"] as const).flatMap((depth) => {
    const values = gains.get(depth);
    if (values === undefined) return [];
    const higher = values.filter((value) => value > 0).length;
    return [`${depth} ${signedText(meanOf(values))} (${higher} of ${values.length} higher)`];
  });
  return `${what} against zero-shot prompting: ${parts.join(", ")}`;
}

/** A case is a run: its early Quality Steering that scores chose, without the test texts. */
export function earlyCases(reports: readonly RunReport[]): string | undefined {
  const cases = reports.flatMap((report) => {
    const early = studiedCells(report).filter(
      (cell) =>
        cell.method === "quality" &&
        cell.gain !== undefined &&
        depthOf(cell, report.model.layers) === "early" &&
        Number.isFinite(cell.harmonic),
    );
    if (early.length === 0) return [];
    return [early.reduce((best, cell) => (cell.harmonic > best.harmonic ? cell : best)).gain!.difference];
  });
  if (cases.length === 0) return undefined;
  return `${countText(cases.filter((difference) => difference > 0).length, cases.length)} of runs, by the strength with the best harmonic mean`;
}

export function qualityAgainstLanguage(reports: readonly RunReport[]): Finding {
  const gains = (method: string) =>
    reports.flatMap((report) =>
      studiedCells(report).flatMap(({ gain, method: own }) =>
        own === method && gain ? [gain.difference] : [],
      ),
    );
  const [quality, language] = [gains("quality"), gains("language")];
  if (quality.length === 0 || language.length === 0) {
    return { ours: undefined, why: "Language Steering needs several languages, and the run has one" };
  }
  return {
    ours: `quality ${signedText(meanOf(quality))}, language ${signedText(meanOf(language))} on average`,
  };
}

export function balance(report: RunReport): string | undefined {
  const [guided, prompted] = ["guided", "zero-shot"].map((name) => armNamed(report, name)?.score);
  if (!guided || !prompted) return undefined;
  return (
    `coherence ${decimalText(guided.coherence)} against ${decimalText(prompted.coherence)} of prompting, ` +
    `diversity ${decimalText(guided.diversity)} against ${decimalText(prompted.diversity)}`
  );
}

export function weightTrends({ pilot }: RunReport): string | undefined {
  const trends = (["gamma", "eta"] as const).flatMap((weight) =>
    (["diversity", "coherence"] as const).flatMap((score) => {
      const rho = rankText(pilot.map((cell) => [cell.guidance?.[weight], cell[score]]));
      return rho === undefined ? [] : [`${weight === "gamma" ? "γ" : "η"} with ${score} ${rho}`];
    }),
  );
  return trends.length === 0 ? undefined : `${trends.join(", ")} over ${pilot.length} cells`;
}

export function paperBMeasures(report: RunReport): string | undefined {
  const named = [
    ["normalisedTrigrams", "normalised 3-grams"],
    ["ngramDiversity", "n-gram diversity"],
    ["adversarialAuroc", "adversarial AUROC"],
  ] as const;
  const [guided, prompted] = ["guided", "zero-shot"].map((name) => armNamed(report, name));
  const parts = named.flatMap(([id, name]) => {
    const of = (arm: ArmResult | undefined) => arm?.measures?.all[id]?.set.value;
    return of(guided) === undefined
      ? []
      : [`${name} ${decimalText(of(guided))} against ${decimalText(of(prompted))} of prompting`];
  });
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** What is trained on at the sizes nearest to the wanted ones: `few-shot 0.71 at 48 texts`. */
export function pointsOf({ curves = [] }: RunReport, sizes: readonly number[]): string | undefined {
  const parts = curves.flatMap(({ arm, points }) =>
    sizes.flatMap((size) => {
      const [first] = points;
      if (first === undefined) return [];
      const near = points.reduce((best, point) =>
        Math.abs(point.size - size) < Math.abs(best.size - size) ? point : best,
      );
      return [`${arm} ${decimalText(near.mean)} at ${near.size} texts`];
    }),
  );
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** The generator as a classifier, and how many of those that learned from texts pass it. */
export function againstGenerator({ languageModels }: RunReport): string | undefined {
  const asked = languageModels?.results.find(({ arm }) => arm === "zero-shot");
  if (languageModels === undefined || asked === undefined) return undefined;
  const others = languageModels.results.flatMap(({ againstZeroShot }) => againstZeroShot ?? []);
  const higher = others.filter(({ difference }) => difference > 0);
  const clearly = higher.filter(({ correctedPValue }) => correctedPValue <= 0.05);
  const own = languageModels.metric === "auroc" ? asked.auroc : asked.macroF1;
  if (own === undefined) return undefined;
  return `the generator, asked, ${decimalText(own.mean)}; of ${others.length} that learned from texts ${higher.length} score higher, ${clearly.length} of them clearly`;
}

export function lastGain({ curves = [] }: RunReport): string | undefined {
  const parts = curves.flatMap(({ arm, points }) => {
    const [before, last] = points.slice(-2);
    if (before === undefined || last === undefined) return [];
    return [`${arm} ${signedText(last.mean - before.mean)} from ${before.size} to ${last.size} texts`];
  });
  return parts.length === 0 ? undefined : parts.join(", ");
}

export function besideHuman({ curves = [] }: RunReport): string | undefined {
  const human = curves.find(({ arm }) => arm === "human");
  if (human === undefined) return undefined;
  const parts = curves.flatMap(({ arm, points }) => {
    if (arm.startsWith("human")) return [];
    const shared = points.flatMap((point) => {
      const own = human.points.find(({ size }) => size === point.size);
      return own ? [{ size: point.size, less: point.mean - own.mean }] : [];
    });
    const [first, last] = [shared[0], shared.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      `${arm} ${signedText(first.less)} at ${first.size} texts, ${signedText(last.less)} at ${last.size}`,
    ];
  });
  return parts.length === 0 ? undefined : `against human texts: ${parts.join("; ")}`;
}

export function beatsPrompting(reports: readonly RunReport[]): string | undefined {
  const gains = reports.flatMap((report) => studiedCells(report).flatMap(({ gain }) => gain ?? []));
  if (gains.length === 0) return undefined;
  const higher = gains.filter(({ difference }) => difference > 0).length;
  const clearly = gains.filter(({ verdict }) => verdict === "better").length;
  return `${countText(higher, gains.length)} score higher, ${clearly} of them clearly`;
}

/** The best is the one that scores choose, so that no test text has a say. */
export function conceptsWon(reports: readonly RunReport[]): string | undefined {
  const chosen = reports.flatMap((report) => {
    const cell = studiedCells(report).find(({ configuration }) => configuration === report.chosen);
    return cell?.gain ? [cell.gain.difference] : [];
  });
  if (chosen.length === 0) return undefined;
  return `on ${countText(chosen.filter((difference) => difference > 0).length, chosen.length)} by the harmonic mean's choice`;
}

export function correlations(reports: readonly RunReport[]): Finding {
  const ours = listed(reports, ({ study }) => {
    const found = (["harmonic", "success", "coherence"] as const).flatMap((score) => {
      const one = study?.correlations.find((correlation) => correlation.score === score);
      return one ? [{ ...one, name: score === "harmonic" ? "harmonic mean" : score }] : [];
    });
    if (found.length === 0) return undefined;
    const parts = found.map(({ name, rho }) => `${name} ρ = ${signed(rho)}`);
    return `${parts.join(", ")} over ${found[0]!.pairs} data sets`;
  });
  if (reports.length > 1) return { ours };
  const pairs = reports[0]?.study?.correlations[0]?.pairs ?? 0;
  const few = pairs < TELLING_PAIRS ? ", and so few data sets say next to nothing" : "";
  return { ours, why: `the claim is about several concepts, and here is one${few}` };
}

export function strengthAndDiversity(reports: readonly RunReport[]): string | undefined {
  return listed(reports, ({ pilot }) => {
    const rho = rankText(pilot.map(({ strength, diversity }) => [strength, diversity]));
    if (rho === undefined) return undefined;
    const groups = new Map<string, { strength: number; diversity: number }[]>();
    for (const { method, operation, layers, strength, diversity } of pilot) {
      if (strength === undefined || !Number.isFinite(diversity)) continue;
      const key = JSON.stringify([method, operation, layers]);
      groups.set(key, [...(groups.get(key) ?? []), { strength, diversity }]);
    }
    const steps = [...groups.values()].flatMap((cells) => {
      const sorted = cells.sort((a, b) => a.strength - b.strength);
      return sorted.slice(1).map(({ diversity }, i) => diversity < sorted[i]!.diversity);
    });
    const lower = steps.filter(Boolean).length;
    return `${rho} over ${pilot.length} configurations; lower in ${lower} of ${steps.length} steps to the next strength`;
  });
}
