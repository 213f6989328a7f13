// Short film reviews, written by a small grammar, and whether they praise: data for text classification. Words alone do
// not tell: each review has the same words as others that mean the opposite, so their order counts.
import { randomInteger, randomNumbers } from "./random_numbers.ts";

/** A review, and whether it recommends the film. */
export interface Review {
  readonly text: string;
  readonly isGood: boolean;
}

const things = ["plot", "acting", "music", "ending", "dialogue", "camera work", "script", "cast", "humour", "story"];
const praise = [
  "good",
  "funny",
  "moving",
  "clever",
  "charming",
  "gripping",
  "brilliant",
  "fresh",
  "convincing",
  "great",
];
const blame = ["bad", "boring", "silly", "clumsy", "flat", "annoying", "predictable", "weak", "tiresome", "poor"];
const negations = ["not", "never", "hardly", "anything but", "far from", "by no means"];
const strong = ["extremely", "really", "incredibly", "so very"];
const weak = ["slightly", "a bit", "somewhat", "a little"];
const verbs = ["was", "seemed", "felt"];
const asides = [
  "I saw it with my sister.",
  "We watched it on a rainy evening.",
  "It runs for two hours.",
  "The cinema was full.",
  "My neighbour had told me of it.",
  "It is set in the sixties.",
];
/** How two statements are joined: the one in the place of `+` is what counts. */
const joints = ["- but +.", "although -, +.", "+, although -.", "-, and yet +.", "while -, +.", "+, even if -."];

/** Writes reviews, as many good as bad ones on average. A seed always gives the same ones. */
export function writeReviews(count: number, seed: number): Review[] {
  const random = randomNumbers(seed);
  const one = (list: readonly string[]) => list[randomInteger(random, list.length)];
  const flip = () => random() < 0.5;
  /** A statement that praises or blames something, perhaps by a negation of the opposite. */
  const statement = (praises: boolean, degree: string) => {
    const negated = degree === "" && flip();
    const word = one(praises !== negated ? praise : blame);
    return ["the", one(things), one(verbs), negated ? one(negations) : degree, word].filter((part) => part).join(" ");
  };
  return Array.from({ length: count }, () => {
    const isGood = flip();
    // Two statements contradict each other; what decides is how they are joined, or which one is stronger.
    const text = flip()
      ? one(joints).replace(/[+-]/g, (place) => statement((place === "+") === isGood, ""))
      : flip()
      ? `${statement(isGood, one(strong))}. ${statement(!isGood, one(weak))}.`
      : `${statement(!isGood, one(weak))}. ${statement(isGood, one(strong))}.`;
    const parts = [text, ...(flip() ? [one(asides)] : [])];
    return { text: (flip() ? parts : parts.toReversed()).map(sentence).join(" "), isGood };
  });
}

/** The text with capitals where sentences start. */
function sentence(text: string): string {
  return text.replace(/(^|\. )[a-z]/g, (start) => start.toUpperCase());
}
