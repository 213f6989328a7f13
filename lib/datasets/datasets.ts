// The data sets, as mod.ts exports them under `datasets`.

/** Handwritten digits. */
export * as mnist from "./mnist.ts";
