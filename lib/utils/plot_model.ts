// plotModel: a picture of a model. https://keras.io/api/utils/model_plotting_utils/
import { type FileTarget, requireEnding, writeTarget } from "../files/target.ts";
import type { Model } from "../models/model.ts";
import { uncheckedHere } from "../option_kinds.ts";
import { readMethodOptions } from "../options.ts";
import { Plot } from "../plots/plot.ts";
import { loadPackage } from "../packages.ts";
import { type GraphOptions, graphOptions, modelGraph } from "./model_graph.ts";

/** Options of {@linkcode plotModel}. */
export interface PlotModelOptions extends GraphOptions {
  /** The `.svg` file to write: a path, a `file:` URL or a stream; none by default. */
  toFile?: FileTarget | null;
}

const options = { ...graphOptions(false, 96), toFile: uncheckedHere<FileTarget | null>(null) };

/**
 * Draws a model: a box for each layer, with arrows from each to those that read its output. Models within the model are
 * boxes too, or, with `expandNested`, frames around their layers; a model with a `call` of its own is one box. As
 * `keras.utils.plot_model`, but the picture is an SVG, and Graphviz is not needed.
 *
 * @param model a built model
 * @param given the file, and what is shown
 * @returns the picture, which is shown where it is the last value of a notebook's cell
 * @throws {StateError} before the model is built
 * @throws {ValueError} for a file of another ending than `.svg`
 * @throws {FileError} where the file cannot be written
 *
 * @example A picture with shapes
 * ```ts
 * import { Input, layers, Sequential, utils } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3), new layers.Softmax()]);
 * const path = `${await Deno.makeTempDir()}/model.svg`;
 * const { svg } = await utils.plotModel(model, { toFile: path, showShapes: true });
 * console.log(svg === await Deno.readTextFile(path), svg.includes("(None, 3)")); // true true
 * ```
 */
export async function plotModel(model: Model, given: PlotModelOptions = {}): Promise<Plot> {
  const what = "Cannot plot the model";
  const { toFile, ...kept } = readMethodOptions("plotModel", options, given, what);
  if (toFile !== null) requireEnding(toFile, [".svg"], what);
  const graph = modelGraph(model, kept, what);
  const { drawGraph } = await import("./graph_svg.ts");
  const svg = drawGraph(graph, kept, await loadPackage("dagre", what));
  if (toFile !== null) await writeTarget(toFile, new TextEncoder().encode(svg), what);
  return new Plot(svg);
}
