/**
 * HTML that is safe to put together. Text from outside (samples, labels, a model's name) is a string, and a
 * string in a template is escaped; only another piece of {@link Markup} goes in as it is. Forgetting to
 * escape is then not possible.
 */
export class Markup {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export type Content = string | number | Markup | undefined | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters, which HTML forbids, as their pictures (U+2400 on), and half of a surrogate pair as U+FFFD. */
export function printable(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/\p{Cc}/gu, (character) => {
      const code = character.charCodeAt(0);
      if (character === "\n" || character === "\t") return character;
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
    })
    .replace(/\p{Surrogate}/gu, "\ufffd");
}

/** {@link printable} text for element content or a quoted attribute. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Template tag: escapes every value that is not {@link Markup}; lists are joined, undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, at) => part + (at < values.length ? render(values[at]) : "")).join(""));
}

function render(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.source;
  if (typeof content === "string") return escapeText(content);
  if (typeof content === "number") return Number.isFinite(content) ? String(content) : "–";
  return content.map(render).join("");
}

/** Text from outside within a line of ours: its direction cannot turn what stands around it. */
export function isolated(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}
