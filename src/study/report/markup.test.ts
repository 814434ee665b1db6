import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeText, html, isolated } from "./markup.js";

describe("html", () => {
  it("escapes strings, keeps markup, joins lists, leaves undefined out", () => {
    const name = `"><script>alert('x')</script>&amp;`;
    expect(html`<p title="${name}">${[html`<b>${1}</b>`, "<i>", undefined]}${undefined}</p>`.source).toBe(
      `<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;"><b>1</b>&lt;i&gt;</p>`,
    );
  });

  it("shows no NaN", () => {
    expect(html`${Number.NaN}${Number.POSITIVE_INFINITY}`.source).toBe("––");
  });

  it("shows control characters as pictures, and broken surrogates as a replacement", () => {
    expect(escapeText("a\0b\u001b[31m\u007f\u0085\r\nc\td\rx\ud800")).toBe("a␀b␛[31m␡\ufffd\nc\td\nx\ufffd");
  });

  it("isolates the direction of text from outside", () => {
    expect(isolated("\u202eabc").source).toBe("<bdi>\u202eabc</bdi>");
  });

  it("never lets a character of markup through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeText(text).replace(/&(?:amp|lt|gt|quot|#39);/g, "")).not.toMatch(/[&<>"']/);
      }),
      { seed: 3 },
    );
  });
});
