// What prepares data for a model and looks at it, as mod.ts exports it under `utils`.
export { normalize } from "./normalize.ts";
export { padSequences, type PadSequencesOptions, type SequenceEnd } from "./sequences.ts";
export { showImage, type ShowImageOptions } from "./show_image.ts";
export { toCategorical } from "./to_categorical.ts";
