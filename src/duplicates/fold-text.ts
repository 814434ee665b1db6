/**
 * A text as it is compared: NFC, without regard to letter case, white space collapsed to one space and none at the
 * ends. Folding a folded text changes nothing.
 */
export function foldText(text: string): string {
  // Upper case first, so that ß and SS, or σ and ς, fold to the same.
  const folded = text.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
  return folded.replace(/\s+/gu, " ").trim();
}
