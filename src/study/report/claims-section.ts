import type { PaperClaim } from "../paper-claims.js";
import { wrap } from "./display-width.js";
import { html, isolated, Markup } from "./markup.js";

/** A paper's claims beside what was found, for the page and for the terminal. */

const EVIDENCE: Readonly<Record<PaperClaim["evidence"], string>> = {
  abstract: "abstract",
  code: "its code",
  secondary: "secondary source",
};

const verdictOf = ({ comparable, why }: PaperClaim) =>
  comparable ? `To be compared, but: ${why}.` : `Not comparable: ${why}.`;

/** The claims as a table. */
export function claimsSection(claims: readonly PaperClaim[]): Markup {
  if (claims.length === 0) return new Markup("");
  return html`<div class="scroll"><table class="stack words"><thead><tr><th scope="col">The paper's claim</th><th scope="col">In the paper</th><th scope="col">Here</th><th scope="col">To be compared?</th></tr></thead>
<tbody>${claims.map(
    (claim) => html`<tr><th scope="row">${claim.claim}</th>
<td data-name="In the paper"><span>${claim.paper} <small>${EVIDENCE[claim.evidence]}</small></span></td>
<td data-name="Here"><span>${claim.ours === undefined ? "not measured" : isolated(claim.ours)}</span></td>
<td data-name="To be compared?"><span>${verdictOf(claim)}</span></td></tr>
`,
  )}</tbody></table></div>`;
}

/** The claims for a terminal, a paragraph each. */
export function claimsText(claims: readonly PaperClaim[], width: number): string {
  const indented = (text: string) => wrap(text, Math.max(20, width - 2)).map((line) => `  ${line}`);
  return claims
    .map((claim) =>
      [
        ...wrap(claim.claim, width),
        ...indented(`Paper (${EVIDENCE[claim.evidence]}): ${claim.paper}`),
        ...indented(`Here: ${claim.ours ?? "not measured"}`),
        ...indented(verdictOf(claim)),
      ].join("\n"),
    )
    .join("\n\n");
}
