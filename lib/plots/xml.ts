// Text within XML.

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A text as XML has it in elements and attributes; characters that it cannot have become question marks. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character])
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "?");
}

/** A table of HTML with a head, each cell aligned as its column is, if that is given. */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignments?: readonly string[],
): string {
  const style = (column: number) => alignments ? ` style="text-align:${alignments[column]};white-space:pre"` : "";
  const row = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text, i) => `<${tag}${style(i)}>${escapeXml(text)}</${tag}>`).join("")}</tr>`;
  return `<table>${row("th", head)}${rows.map((texts) => row("td", texts)).join("")}</table>`;
}
