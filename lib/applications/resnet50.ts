// ResNet50, as Keras has it in a module of its own. https://keras.io/api/applications/resnet/
export { decodePredictions } from "./predictions.ts";
export { preprocessInput, ResNet50 } from "./resnet.ts";
