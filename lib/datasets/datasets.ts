// The data sets, as mod.ts exports them under `datasets`.

/** House prices of Boston. */
export * as boston_housing from "./boston_housing.ts";
/** House prices of California. */
export * as california_housing from "./california_housing.ts";
/** Colour pictures in 10 classes. */
export * as cifar10 from "./cifar10.ts";
/** Colour pictures in 100 classes. */
export * as cifar100 from "./cifar100.ts";
/** Pictures of clothes. */
export * as fashion_mnist from "./fashion_mnist.ts";
/** Reviews of films. */
export * as imdb from "./imdb.ts";
/** Handwritten digits. */
export * as mnist from "./mnist.ts";
/** Newswires. */
export * as reuters from "./reuters.ts";
