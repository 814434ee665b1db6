import { expect, test } from "vitest";
import { paperClaims } from "./paper-claims.js";
import { STUDY_PRESET_NAMES, STUDY_SCALES } from "./presets.js";
import { claimsSection, claimsText } from "./report/claims-section.js";
import type { ArmResult, PilotResult, RunReport, StudyRow } from "./report/run-report.js";
import { emptyReport, exampleReport } from "./report/test-report.js";

interface Cell {
  readonly layer: number;
  readonly strength: number;
  readonly diversity: number;
  readonly harmonic: number;
  /** Difference from zero-shot prompting. */
  readonly difference?: number;
  readonly method?: string;
}

const armOf = (name: string, configuration: string, diversity: number): ArmResult => ({
  ...exampleReport.arms[0]!,
  name,
  configuration,
  score: { ...exampleReport.arms[0]!.score!, diversity, coherence: 0.9 },
});

/** A report of 22 blocks, with a data set for every cell that has a difference. */
function reportOf(title: string, cells: readonly Cell[], correlations = [0.1, 0.2, 0.6]): RunReport {
  const named = cells.map((cell) => ({
    ...cell,
    configuration: `${cell.method ?? "lda"}@${cell.layer}x${cell.strength}`,
  }));
  const pilot = named.map(
    ({ configuration, layer, strength, diversity, harmonic, method = "lda" }): PilotResult => ({
      configuration,
      method,
      operation: "add",
      layers: [layer],
      strength,
      absoluteStrength: strength,
      kept: 8,
      written: 8,
      success: 0.5,
      coherence: 0.9,
      diversity,
      harmonic,
    }),
  );
  const rows = named.map(
    ({ configuration, diversity, harmonic, difference }): StudyRow => ({
      configuration,
      round: 2,
      texts: 8,
      success: 0.5,
      coherence: 0.9,
      diversity,
      harmonic,
      differences:
        difference === undefined
          ? []
          : [
              {
                baseline: "zero-shot",
                difference,
                low: difference - 0.1,
                high: difference + 0.1,
                correctedPValue: 0.2,
                verdict: difference > 0.1 ? "better" : "no difference",
              },
            ],
    }),
  );
  const [success, coherence, harmonic] = correlations;
  return {
    ...exampleReport,
    title,
    pilot,
    chosen: named[0]?.configuration,
    arms: [
      armOf("zero-shot", "zero-shot", 0.8),
      ...named.flatMap(({ configuration, diversity, difference }) =>
        difference === undefined ? [] : [armOf(configuration, configuration, diversity)],
      ),
    ],
    study: {
      search: "grid",
      metric: "auroc",
      tried: cells.length,
      rounds: [{ texts: 8, configurations: cells.length, kept: 0 }],
      rows,
      correlations: [
        { score: "success", rho: success!, pValue: 0.5, pairs: cells.length },
        { score: "coherence", rho: coherence!, pValue: 0.5, pairs: cells.length },
        { score: "harmonic", rho: harmonic!, pValue: 0.5, pairs: cells.length },
      ],
      failures: [],
      tokens: { search: 1, grid: 1, all: 1 },
    },
  };
}

const DETECTION: readonly Cell[] = [
  { layer: 5, strength: 0.15, diversity: 0.9, harmonic: 0.7, difference: 0.02 },
  { layer: 5, strength: 0.3, diversity: 0.8, harmonic: 0.6, difference: 0.2 },
  { layer: 5, strength: 0.45, diversity: 0.85, harmonic: 0.5, difference: -0.1 },
  { layer: 9, strength: 0.15, diversity: 0.7, harmonic: 0.4, difference: -0.2 },
  { layer: 9, strength: 0.3, diversity: 0.6, harmonic: 0.3 },
  { layer: 9, strength: 0.45, diversity: 0.5, harmonic: 0.2 },
];

test("paper D: what beats prompting, what correlates, and what strength does to diversity", () => {
  const report = reportOf("paper-d-small", DETECTION);
  const claims = paperClaims({ preset: "paper-d", scale: "small" }, [report]);
  expect(claims.map(({ ours }) => ours)).toEqual([
    "2 of 4 (50 %) score higher, 1 of them clearly",
    "on 1 of 1 (100 %) by the harmonic mean's choice",
    "harmonic mean ρ = +0.60, success ρ = +0.10, coherence ρ = +0.20 over 6 data sets",
    // SciPy's spearmanr gives −0.3586.
    "ρ = −0.36 over 6 configurations; lower in 3 of 4 steps to the next strength",
  ]);
  expect(claims.map(({ comparable }) => comparable)).toEqual([false, false, false, true]);
  expect(claims[0]!.paper).toContain("41 of 136");
  expect(claims[0]!.why).toContain("one concept");
});

test("several runs are counted together, and compared once all of the preset are there", () => {
  const reports = ["rude", "evasive"].map((name) => reportOf(`paper-d-full qwen-7b.${name}`, DETECTION));
  const some = paperClaims({ preset: "paper-d", scale: "full" }, reports);
  expect(some[0]).toMatchObject({ ours: "4 of 8 (50 %) score higher, 2 of them clearly", comparable: false });
  expect(some[0]!.why).toBe("2 of the preset's 8 runs are there");
  expect(some[2]!.ours).toMatch(/^qwen-7b\.rude: harmonic mean .*; qwen-7b\.evasive: harmonic/);
  const all = paperClaims({ preset: "paper-d", scale: "full" }, [
    ...reports,
    ...reports,
    ...reports,
    ...reports,
  ]);
  expect(all.map(({ comparable }) => comparable)).toEqual([true, true, true, true]);
});

test("a direction over few cells is not compared either", () => {
  const few = reportOf("paper-d-small", DETECTION.slice(0, 3));
  const last = paperClaims({ preset: "paper-d", scale: "small" }, [few]).at(-1)!;
  expect(last.ours).toContain("over 3 configurations");
  expect(last).toMatchObject({ comparable: false, why: "so few cells show no direction" });
});

test("paper A: gains by depth, and its cases by the choice of scores", () => {
  const quality = (layer: number, strength: number, harmonic: number, difference: number): Cell => ({
    ...{ layer, strength, harmonic, difference },
    diversity: 0.75 + difference,
    method: "quality",
  });
  const cells = [
    quality(5, 0.1, 0.6, 0.03),
    quality(5, 0.25, 0.7, -0.01),
    quality(11, 0.1, 0.9, 0.06),
    quality(16, 0.1, 0.9, 0.09),
  ];
  const [diversity, downstream, cases, language, fewShot] = paperClaims(
    { preset: "paper-a", scale: "small" },
    [reportOf("paper-a-small", cells)],
  );
  expect(diversity!.ours).toBe(
    "diversity against zero-shot prompting: early −0.040 (0 of 2 higher), middle +0.010 (1 of 1 higher), late +0.040 (1 of 1 higher)",
  );
  expect(downstream!.ours).toContain("early +0.010 (1 of 2 higher), middle +0.060");
  // Of the early strengths the one with the better scores is taken, though its classifier is worse.
  expect(cases!.ours).toMatch(/^0 of 1 \(0 %\)/);
  expect(language).toMatchObject({ ours: undefined, comparable: false });
  expect(fewShot).toMatchObject({ ours: undefined, comparable: false });
});

test("paper C: from the learning curves", () => {
  const curve = (arm: string, means: readonly number[]) => ({
    arm,
    points: means.map((mean, i) => ({ size: 20 * 2 ** i, mean, sd: 0.01 })),
  });
  const report = {
    ...exampleReport,
    curves: [curve("few-shot", [0.5, 0.6, 0.61]), curve("human", [0.5, 0.7, 0.8])],
  };
  const [beats, flatten, human] = paperClaims({ preset: "paper-c", scale: "small" }, [report]);
  expect(beats!.ours).toBe("few-shot 0.60 at 40 texts, human 0.70 at 40 texts");
  expect(flatten!.ours).toBe("few-shot +0.010 from 40 to 80 texts, human +0.100 from 40 to 80 texts");
  expect(human!.ours).toBe("against human texts: few-shot 0.000 at 20 texts, −0.190 at 80");
});

test("paper C: the generator is passed, or not, where it was asked", () => {
  const result = (difference: number, correctedPValue: number) => ({
    arm: "classifier",
    againstZeroShot: { difference, correctedPValue },
  });
  const asked = { arm: "zero-shot", macroF1: { mean: 0.58, sd: 0 }, auroc: { mean: 0.9, sd: 0 } };
  const results = [asked, result(0.1, 0.01), result(0.1, 0.2), result(-0.1, 0.01)];
  const languageModels = { metric: "macro-f1", results } as unknown as NonNullable<
    RunReport["languageModels"]
  >;
  const [beats] = paperClaims({ preset: "paper-c", scale: "small" }, [{ ...exampleReport, languageModels }]);
  expect(beats!.ours).toBe(
    "the generator, asked, 0.58; of 3 that learned from texts 2 score higher, 1 of them clearly",
  );
});

test("a run that has only begun has no numbers and compares nothing", () => {
  for (const preset of STUDY_PRESET_NAMES) {
    for (const scale of STUDY_SCALES) {
      const claims = paperClaims({ preset, scale }, [emptyReport]);
      expect(claims.length).toBeGreaterThan(2);
      for (const { ours, comparable, why } of claims) {
        expect({ ours, comparable }).toEqual({ ours: undefined, comparable: false });
        expect(why).not.toBe("");
      }
    }
  }
});

test("claims as text and as a page say whether they may be compared, and hold no markup of a run's", () => {
  const [first, ...rest] = paperClaims({ preset: "paper-d", scale: "small" }, [
    reportOf("paper-d-small", DETECTION),
  ]);
  const text = claimsText([first!, ...rest], 60);
  expect(text).toContain("Paper (abstract): 41 of 136 (30 %)");
  expect(text).toContain("Not comparable:");
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  const { source } = claimsSection([{ ...first!, ours: "<script>" }]);
  expect(source).toContain("&lt;script&gt;");
  expect(source).toContain("Not comparable");
  expect(claimsSection([]).source).toBe("");
});
