import type { Spec } from "vega";
import { html, Markup, printable } from "./markup.js";

/** A figure as a specification of Vega (version 6). */
export interface Figure {
  /** Class of the SVG, and what its parts are called in the style sheet. */
  readonly name: string;
  /** What is to be seen, in words, for a reader who sees no figures. */
  readonly label: string;
  readonly spec: Spec;
}

/** Colours are the page's variables, so that one file is light and dark. */
const CONFIG = {
  axis: {
    domain: false,
    labelColor: "var(--soft)",
    labelFontSize: 12,
    labelLimit: 0,
    gridColor: "var(--line)",
    tickColor: "var(--line)",
    titleColor: "var(--soft)",
    titleFontSize: 12,
    titleFontWeight: "normal" as const,
    titleLimit: 0,
    aria: false,
  },
};

/** The figures' share of the page's style sheet; a figure that stands alone brings it along. */
export const FIGURE_STYLE = `.figure text{font-family:system-ui,-apple-system,Segoe UI,Noto Sans,sans-serif;font-variant-numeric:tabular-nums}`;

/**
 * Draws a figure as SVG, without a browser. Vega is loaded by the first figure: few commands draw one. Its text is
 * escaped by Vega; nothing is fetched, since no specification here names an address.
 */
export async function drawFigure({ name, label, spec }: Figure, standalone?: string): Promise<Markup> {
  const { parse, View } = await import("vega");
  const view = new View(parse({ ...spec, background: "transparent" }, CONFIG), { renderer: "none" });
  const source = await view.toSVG();
  view.finalize();
  const opening = /^<svg [^>]* width="([\d.]+)" height="([\d.]+)" viewBox="([^"]*)">/.exec(source);
  if (opening === null) throw new Error("Vega's SVG begins in an unknown way.");
  const [tag, width, height, box] = opening;
  const content = new Markup(printable(source.slice(tag.length, -"</svg>".length)));
  const own = standalone === undefined ? undefined : html`<style>${new Markup(standalone)}</style>`;
  return html`<svg${standalone === undefined ? undefined : new Markup(' xmlns="http://www.w3.org/2000/svg"')} class="figure ${name}" role="img" aria-label="${label}" viewBox="${box ?? ""}" width="${width ?? ""}" height="${height ?? ""}">${own}${content}</svg>`;
}
