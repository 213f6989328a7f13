// Text within XML.

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A text as XML has it in elements and attributes; characters that it cannot have become question marks. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character])
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "?");
}
