/** A text, with the label and the language that were asked for. */
export interface AskedText {
  readonly text: string;
  readonly label: string;
  readonly language: string;
  /** A filter dropped the text: it is no success, whatever it says. */
  readonly dropped?: boolean;
}

/** Whether one text is what was asked for. */
export interface TextSuccess {
  /** Undefined when no identifier knows the language: it was not checked, and does not count against the text. */
  readonly language: boolean | undefined;
  /** Undefined when there is no label check for the language: it does not count against the text. */
  readonly label: boolean | undefined;
  /** 1 when label and language are right or were not checked and no filter dropped the text, else 0. */
  readonly success: 0 | 1;
}

/** What the checks of a text are made with. */
export interface SuccessChecks {
  readonly matches: (text: string, language: string) => boolean;
  /** Whether `matches` means anything for a language; left out, it does for every language. */
  readonly supports?: (language: string) => boolean;
  /** The label that the label check gives to a text; undefined where there is no check for the language. */
  readonly predictLabel: (text: string, language: string) => string | undefined;
}

/**
 * Checks one text: hard agreement of the label check with the asked label, and the language. Agreement is not
 * corrected for chance, so that texts without any sign of their label still reach about 1/labels.
 *
 * @param hasWords a text without words agrees with no label, whatever the label check makes of it.
 */
export function textSuccess(asked: AskedText, hasWords: boolean, checks: SuccessChecks): TextSuccess {
  const checked = checks.supports?.(asked.language) ?? true;
  const language = checked ? checks.matches(asked.text, asked.language) : undefined;
  const predicted = checks.predictLabel(asked.text, asked.language);
  const label = predicted === undefined ? undefined : hasWords && predicted === asked.label;
  const success = hasWords && !asked.dropped && label !== false && language !== false;
  return { language, label, success: success ? 1 : 0 };
}

/** Success of a set, and its parts. Shares from 0 to 1; undefined where there was nothing to count. */
export interface Success {
  /** Share of texts with the right label in the right language: S of paper D. */
  readonly value: number | undefined;
  /** Share of the texts whose language was checked that are in it. */
  readonly language: number | undefined;
  /** Share of the texts whose label was checked that show it, in whatever language. */
  readonly label: number | undefined;
}

/** Success of a set from that of its texts. */
export function setSuccess(texts: readonly TextSuccess[]): Success {
  const checked = texts.filter((text) => text.language !== undefined);
  return {
    value: share(texts, (text) => text.success === 1),
    language: share(checked, (text) => text.language === true),
    label: share(
      texts.filter((text) => text.label !== undefined),
      (text) => text.label === true,
    ),
  };
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number | undefined {
  return items.length === 0 ? undefined : items.filter(holds).length / items.length;
}
