// modelToDot: a model in the language of Graphviz. https://keras.io/api/utils/model_plotting_utils/
import type { Model } from "../models/model.ts";
import { readMethodOptions } from "../options.ts";
import { type Box, type Cluster, type Fact, type GraphOptions, graphOptions, modelGraph } from "./model_graph.ts";
import { escapeXml } from "../plots/xml.ts";

const options = graphOptions(true, 200);

/**
 * A model as a graph in the language of Graphviz, for `dot` and other programs. As `keras.utils.model_to_dot`.
 *
 * @param model a built model
 * @param given what is shown
 * @returns the text
 * @throws {StateError} before the model is built
 *
 * @example The edges of a chain
 * ```ts
 * import { Input, layers, Sequential, utils } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3), new layers.Softmax()]);
 * const dot = utils.modelToDot(model);
 * console.log(dot.split("\n").filter((line) => line.includes("->")).length); // 1
 * ```
 */
export function modelToDot(model: Model, given: GraphOptions = {}): string {
  const what = "Cannot write the model as dot";
  const kept = readMethodOptions("modelToDot", options, given, what);
  const { root, edges } = modelGraph(model, kept, what);
  // As many columns as the facts of a layer can have.
  const span = Math.max(1, 2 * Number(kept.showShapes) + Number(kept.showDtype) + Number(kept.showTrainable));
  return [
    "digraph {",
    `  graph [rankdir=${kept.rankdir}, concentrate=true, dpi=${kept.dpi}, splines=ortho];`,
    "  node [shape=record];",
    ...contentOf(root, "  ", span),
    ...edges.map(([from, to]) => `  ${from} -> ${to} [penwidth=2];`),
    "}\n",
  ].join("\n");
}

function contentOf({ boxes, clusters }: Cluster, indent: string, span: number): string[] {
  return [
    ...boxes.map((box) =>
      `${indent}${box.id} [label=<${labelOf(box, span)}>, fontname=Helvetica, border=0, margin=0];`
    ),
    ...clusters.flatMap((cluster) => [
      `${indent}subgraph cluster_${cluster.id} {`,
      `${indent}  graph [style=dashed, label=${quoted(cluster.name)}, labeljust=l];`,
      ...contentOf(cluster, `${indent}  `, span),
      `${indent}}`,
    ]),
  ];
}

const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** The table that Keras makes of a layer. */
function labelOf({ name, className, activation, facts }: Box, span: number): string {
  const title = name === undefined
    ? `<b>${escapeXml(className)}</b>`
    : `<b>${escapeXml(name)}</b> (${escapeXml(className)})`;
  const rows = [
    `<td colspan="${span}" bgcolor="black"><font point-size="16" color="white">${title}</font></td>`,
    ...activation === undefined ? [] : [
      `<td bgcolor="white" colspan="${span}"><font point-size="14">Activation: <b>${
        escapeXml(activation)
      }</b></font></td>`,
    ],
    ...facts.length === 0 ? [] : [facts.map(cellOf).join("")],
  ];
  const table = rows.map((row) => `<tr>${row}</tr>`).join("");
  return `<table border="0" cellborder="1" bgcolor="black" cellpadding="10">${table}</table>`;
}

function cellOf(fact: Fact): string {
  if ("trainable" in fact) {
    const [color, text] = fact.trainable ? ["forestgreen", "Trainable"] : ["firebrick", "Non-trainable"];
    return `<td bgcolor="${color}"><font point-size="14" color="white"><b>${text}</b></font></td>`;
  }
  return `<td bgcolor="white"><font point-size="14">${fact.label}: <b>${escapeXml(fact.value)}</b></font></td>`;
}
