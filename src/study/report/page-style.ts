import { FIGURE_STYLE } from "./figure.js";

/** Colour and ink of each step of the heat map, pale to dark; the ink reaches a contrast of 4.5 on it. */
const LIGHT: readonly (readonly [string, string])[] = [
  ["#f4f7fb", "#14202e"],
  ["#e3ecf6", "#14202e"],
  ["#d0e0f0", "#14202e"],
  ["#b9d2ea", "#14202e"],
  ["#9dc1e2", "#14202e"],
  ["#7dadd8", "#14202e"],
  ["#5c97cb", "#0c1722"],
  ["#2f6fae", "#ffffff"],
  ["#1d5590", "#ffffff"],
  ["#0f3b6b", "#ffffff"],
];
/** The same hue from dark to bright: on a dark page, more is brighter. */
const DARK: readonly (readonly [string, string])[] = [
  ["#17222e", "#dbe6f2"],
  ["#1a2b3d", "#dbe6f2"],
  ["#1d354e", "#e3edf7"],
  ["#204061", "#e8f0f9"],
  ["#234c76", "#eef4fb"],
  ["#275a8d", "#ffffff"],
  ["#5590c6", "#08111a"],
  ["#79abd9", "#08111a"],
  ["#a0c6e8", "#08111a"],
  ["#cbe2f5", "#08111a"],
];

function heatVariables(colours: readonly (readonly [string, string])[]): string {
  return colours.map(([fill, ink], step) => `--heat-${step}:${fill};--heat-ink-${step}:${ink};`).join("");
}

const heatClasses = LIGHT.map(
  (_, step) => `td.heat-${step}{background:var(--heat-${step});color:var(--heat-ink-${step})}`,
).join("");

/** Colours of the learning curves; each is told from the page by a contrast of at least 3. */
const LIGHT_SERIES = ["#1d5590", "#b3410e", "#1b7a4b", "#8a3a9c", "#7a6200", "#4a5560"] as const;
const DARK_SERIES = ["#7db6e8", "#ff9d5c", "#63c793", "#d69be6", "#d9c05a", "#b5c0cb"] as const;

function seriesVariables(colours: readonly string[]): string {
  return colours.map((colour, series) => `--series-${series}:${colour};`).join("");
}

const seriesClasses = LIGHT_SERIES.map(
  (_, series) => `.series-${series}{color:var(--series-${series})}`,
).join("");

const lightVariables = `--page:#ffffff;--card:#f6f8fa;--ink:#17202a;--soft:#566370;--line:#d7dee6;--accent:#1d5590;--mark:#b3410e;${heatVariables(LIGHT)}${seriesVariables(LIGHT_SERIES)}`;
const darkVariables = `--page:#0f151c;--card:#17202a;--ink:#e6edf4;--soft:#9fb0c0;--line:#2c3946;--accent:#7db6e8;--mark:#ff9d5c;${heatVariables(DARK)}${seriesVariables(DARK_SERIES)}`;

/** The page's only style sheet. No font, image or colour comes from anywhere else. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;${lightVariables}}
@media (prefers-color-scheme:dark){:root{${darkVariables}}}
@media print{:root{color-scheme:light;${lightVariables}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif;overflow-wrap:break-word}
main{max-width:1120px;margin:0 auto;padding:2rem clamp(1rem,4vw,2.5rem) 4rem}
h1{font-size:1.15rem;margin:0 0 .25rem;font-weight:600;color:var(--soft)}
h2{font-size:1.3rem;line-height:1.3;margin:3rem 0 .5rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.4rem 0}
.verdict{font-size:clamp(1.35rem,1.1rem + 1.4vw,2rem);line-height:1.3;font-weight:650;margin:.25rem 0 1rem;max-width:40ch;text-wrap:balance}
.lead,.soft,figcaption{color:var(--soft);max-width:75ch}
.soft,figcaption{font-size:.9rem}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0 0;padding:0}
.facts div{min-width:0}
.facts dt{font-size:.8rem;color:var(--soft)}
.facts dd{margin:0;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:start;padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}
thead th{font-size:.85rem;line-height:1.3;vertical-align:bottom}
thead small,td small,th small{display:block;font-weight:400;color:var(--soft);font-size:.8rem}
td.number,th.number{text-align:end;white-space:nowrap}
thead th.number{white-space:normal;min-width:5.5rem}
tbody th{min-width:9rem}
table.stack tbody th{min-width:13rem}
.line{display:block;font-size:.9rem}
thead th:not(:has(bdi))::first-letter,dl.words dt::first-letter{text-transform:uppercase}
td.best{font-weight:700}
td.reason{white-space:normal;max-width:18rem}
th.group{padding-top:1.25rem;color:var(--soft);font-size:.85rem}
.definition summary{padding:0}
.definition p{font-weight:400;white-space:normal;text-align:start;min-width:16rem;font-size:.85rem;color:var(--soft);max-width:60ch}
.scroll table:not(.stack) code{white-space:nowrap}
dl.words{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;font-size:.9rem;margin:1rem 0}
dl.words dt{font-weight:600}
dl.words dd{margin:0;color:var(--soft);max-width:75ch}
figure{margin:1rem 0}
.maps{display:flex;flex-wrap:wrap;gap:1.5rem 1rem;align-items:flex-start}
.maps figure{margin:0;max-width:100%}
.maps h3{margin:0 0 .4rem}
.maps h3 small{display:block;font-weight:400;color:var(--soft)}
svg{display:block;overflow:visible}
${FIGURE_STYLE}
.heat-map{max-width:none}
.figures{display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:flex-start}
.figures figure{flex:1 1 350px;max-width:460px;min-width:0;margin:.75rem 0}
.figures .figure{width:100%;height:auto}
.figures h4,details h4{margin:.75rem 0 .25rem}
ul.series{display:flex;flex-wrap:wrap;gap:.1rem 1.25rem;list-style:none;margin:0 0 .4rem;padding:0;font-size:.9rem}
ul.series li{margin:0}
${seriesClasses}
${heatClasses}
.confusion td{padding:.4rem .75rem}
.key{display:inline-block;width:1.1em;height:.85em;border:3px solid var(--mark);border-radius:3px;vertical-align:-.05em;margin-inline-end:.35em}
.key.open{border:1px dashed var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.75rem;align-items:center;margin:.75rem 0;font-size:.9rem;color:var(--soft)}
.samples{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem}
.samples h4{margin:0 0 .4rem;font-size:.9rem;color:var(--soft);font-weight:600}
blockquote{max-height:24rem;overflow:auto;margin:0 0 .6rem;padding:.6rem .8rem;background:var(--card);border:1px solid var(--line);border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext;text-align:start}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem;font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:600;padding:.4rem 0}
code{font:.9em ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
li{margin:.3rem 0;max-width:75ch}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media (max-width:640px){
dl.words{grid-template-columns:1fr;gap:0}
dl.words dd{margin-bottom:.6rem}
table.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.stack,table.stack tbody,table.stack tr,table.stack td,table.stack th{display:block}
table.stack tr{padding:.7rem 0;border-bottom:1px solid var(--line)}
table.stack tbody th,table.stack td{border:0;padding:.12rem 0}
table.stack td{display:flex;justify-content:space-between;gap:1rem;white-space:normal}
table.stack td::before{content:attr(data-name);color:var(--soft);font-weight:400}
table.stack td small{display:inline}
}
@media print{
body{font-size:11pt}
main{max-width:none;padding:0}
h2{break-after:avoid}
figure,blockquote,tr,.samples>div{break-inside:avoid}
.figure{max-width:100%}
details::details-content{content-visibility:visible;display:block}
.definition::details-content{display:none}
.definition summary{list-style:none}
table{font-size:8pt}
thead th,table small,table code{font-size:7pt}
th,td{padding:.2rem .4rem .2rem 0}
tbody th,table.stack tbody th,thead th.number{min-width:0}
td.number,.scroll table:not(.stack) code{white-space:normal}
h2+.lead,h3,h4{break-after:avoid}
.scroll{overflow:visible}
blockquote{max-height:none;overflow:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
