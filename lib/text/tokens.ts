// Texts as lists of tokens, as TensorFlow's functions of texts make them.

/** How texts are made alike: lower case and no punctuation, of ASCII's letters and signs. */
export const standardizers = {
  lower_and_strip_punctuation: (text: string): string => stripped(lowered(text)),
  lower: (text: string): string => lowered(text),
  strip_punctuation: (text: string): string => stripped(text),
} as const;

/** How texts become tokens: by ASCII's spaces, or each character. */
export const splitters = {
  whitespace: (text: string): string[] => text.split(/[ \t\n\v\f\r]+/).filter((token) => token !== ""),
  character: (text: string): string[] => Array.from(text),
} as const;

const lowered = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const stripped = (text: string) => text.replace(/[!-/:-@[-`{-~]/g, "");

/** Neighbouring tokens of each width, joined by spaces: those of the first width first. */
export function ngramsOf(tokens: readonly string[], widths: readonly number[]): string[] {
  return widths.flatMap((width) =>
    Array.from({ length: Math.max(0, tokens.length - width + 1) }, (_, i) => tokens.slice(i, i + width).join(" "))
  );
}
