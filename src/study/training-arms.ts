import type { Arm as TrainingArm } from "../classify/prepare-arms.js";
import type { LabelledRow } from "../classify/training-draw.js";
import { RecipeError } from "../errors.js";
import type { RecipeClassifier } from "../recipe/classifier-schema.js";
import type { Arm } from "./arms.js";

/** The arm of the human training texts. */
export const HUMAN_ARM = "human";

/** A data set to train on that no configuration wrote, for reports. */
export interface ReferenceArm extends TrainingArm {
  readonly title: string;
}

/** What classifiers are trained on: the written data sets, and what they are set against. */
export interface TrainingArms {
  readonly written: readonly TrainingArm[];
  readonly references: readonly ReferenceArm[];
}

/**
 * The data sets that classifiers are trained on. With human training texts these are one more, and together with the
 * first arm's texts a third, whose draws have as many of either (paper C). With `replaces` every written data set has its
 * texts of that label, and the human texts of the other labels, as a detector's training set would (paper D).
 *
 * @param human training texts; undefined if there are none.
 * @throws RecipeError if `replaces` is not among the labels of the human texts, or there are no others
 */
export function trainingArms(
  arms: readonly Pick<Arm, "name" | "title" | "rows">[],
  human: readonly LabelledRow[] | undefined,
  { replaces }: Pick<RecipeClassifier, "replaces">,
): TrainingArms {
  if (human === undefined) return { written: arms.map(({ name, rows }) => ({ name, rows })), references: [] };
  const reference = { name: HUMAN_ARM, title: "Human texts", rows: human };
  if (replaces === undefined) {
    const [first] = arms;
    return {
      written: arms.map(({ name, rows }) => ({ name, rows })),
      references: [
        reference,
        ...(first === undefined
          ? []
          : [
              {
                name: `${HUMAN_ARM} + ${first.name}`,
                title: `Human texts and as many written ones (${first.title})`,
                rows: human,
                beside: first.rows,
              },
            ]),
      ],
    };
  }
  const others = human.filter(({ label }) => label !== replaces);
  if (others.length === 0 || others.length === human.length) {
    throw new RecipeError(
      `classifier.replaces: the texts of classifier.train must have the label ${replaces} and at least one other; they have ` +
        `${[...new Set(human.map(({ label }) => label))].join(", ")}.`,
    );
  }
  return {
    written: arms.map(({ name, rows }) => ({
      name,
      rows: [...others, ...rows.filter(({ label }) => label === replaces)],
    })),
    references: [reference],
  };
}
