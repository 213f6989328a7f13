// checkLayer: checks the whole contract of one layer, and compares it with Keras's layer of that name.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { clearSession } from "../../lib/exec/select.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import type { RefArray } from "../../lib/ir/op_def.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";
import { type AddedLoss, addedLosses, isTraining } from "../../lib/layers/context.ts";
import { Input } from "../../lib/layers/input.ts";
import { Lambda } from "../../lib/layers/lambda.ts";
import { Layer } from "../../lib/layers/layer.ts";
import { Model } from "../../lib/models/model.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { SGD } from "../../lib/optimizers/sgd.ts";
import type { SymbolicTensor } from "../../lib/tensor/symbolic.ts";
import { deserializeObject } from "../../lib/saving/deserialize.ts";
import { customObjectScope } from "../../lib/registry.ts";
import type { SymbolicShape } from "../../lib/shape.ts";
import { camelCase } from "../../lib/names.ts";
import { flatten, type Structure } from "../../lib/structure.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { assertClose } from "../close.ts";
import { camelCased, type GoldenArray, type GoldenObject, lambdas, type Table, toTensor } from "../golden.ts";

/** A layer's case in the golden file. */
export interface LayerCase extends GoldenObject {
  name: string;
  inputs: GoldenArray[];
  masks: (GoldenArray | null)[] | null;
  /** Inputs with this value are where the output jumps. */
  jump: number | null;
  /** The names of the inputs after the first, if the layer takes these by name. */
  names?: string[];
  /** What else the layer is called with. */
  call?: Table;
  serialized: Table;
  output_shape: SymbolicShape;
  weights: { key: string; path: string; shape: number[]; trainable: boolean }[];
  initial: GoldenArray[];
  y: GoldenArray;
  /** The scores of an attention, if it was asked for these. */
  scores?: GoldenArray;
  targets: GoldenArray;
  mask: GoldenArray | null;
  objective: number;
  dx: (GoldenArray | null)[];
  dw: (GoldenArray | null)[];
  trained?: { loss: number; weights: GoldenArray[] };
}

const close = { absolute: 3e-6, relative: 3e-5 };

/** Runs every check of `spec` on the chosen backend; `make` makes a layer from its config. */
export async function checkLayer(spec: LayerCase, make: () => Layer, learningRate: number): Promise<void> {
  await clearSession();
  checkConfig(spec, make);
  checkShapes(spec, make);
  checkWeights(spec, make());
  await checkOutputs(spec, make());
  checkDifferences(spec, make());
  if (spec.trained) await checkTraining(spec, make(), learningRate);
}

/** One item alone, several as a list, as layers take them. */
const arranged = <T>(items: readonly T[]): Structure<T> => (items.length === 1 ? items[0] : items);

/** The input of a call and the inputs by name, for an item for each input. */
const byName = <T>({ names }: LayerCase, items: readonly T[]): [input: Structure<T>, named: Record<string, T>] =>
  names
    ? [items[0], Object.fromEntries(names.map((name, i) => [camelCase(name), items[i + 1]]))]
    : [arranged(items), {}];

/** The arguments of a layer's methods for shapes. */
const inputShapes = (spec: LayerCase) => byName(spec, spec.inputs.map(({ shape }) => [null, ...shape.slice(1)]));

/** What the layer returns for an input each. */
export function callLayer<T extends Value | SymbolicTensor>(spec: LayerCase, layer: Layer, items: readonly T[]): T[] {
  const [input, named] = byName(spec, items);
  return flatten(layer.replay<T>({ positional: [input], named: { ...named, ...camelCased(spec.call ?? {}) } }));
}

function checkConfig({ serialized }: LayerCase, make: () => Layer): void {
  const layer = make();
  assert.deepEqual(JSON.parse(JSON.stringify(layer.getConfig())), serialized, "config");
  const node = JSON.parse(JSON.stringify(layer.serialize()));
  if (layer instanceof Lambda) assert.throws(() => deserializeObject(node), /the function ".*" must be registered/);
  const again = customObjectScope(lambdas, () => deserializeObject(node)) as Layer;
  assert.equal(again.constructor, layer.constructor);
  assert.deepEqual(JSON.parse(JSON.stringify(again.getConfig())), serialized, "config of the layer read from it");
}

function checkShapes(spec: LayerCase, make: () => Layer): void {
  const layer = make();
  if (!spec.call) {
    assert.deepEqual(layer.computeOutputShape(...inputShapes(spec)), spec.output_shape, "symbolic shape");
    const traced = Layer.prototype.computeOutputShape.call(layer, ...inputShapes(spec));
    assert.deepEqual(traced, spec.output_shape, "shape found by tracing");
    const known = layer.computeOutputShape(...byName(spec, spec.inputs.map(({ shape }) => shape)));
    assert.deepEqual(known, spec.y.shape, "shape of known extents");
  }
  const symbols = spec.inputs.map(({ shape, dtype }) => Input({ shape: shape.slice(1), dtype }));
  const [symbol] = callLayer(spec, layer, symbols);
  assert.deepEqual([symbol.shape, symbol.dtype], [spec.output_shape, spec.y.dtype], "symbolic tensor");
}

function checkWeights({ weights, ...spec }: LayerCase, layer: Layer): void {
  layer.ensureBuilt(...inputShapes(spec as LayerCase));
  assert.deepEqual(
    layer.weights.map(({ key, shape }) => ({ key, shape: [...shape] })),
    weights.map(({ key, shape }) => ({ key, shape })),
    "weights",
  );
  const trainable = weights.filter((weight) => weight.trainable).map(({ key }) => key);
  assert.deepEqual(layer.trainableWeights.map(({ key }) => key), trainable, "trainable weights");
  const elements = weights.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0);
  assert.equal(layer.countParams(), elements, "number of parameters");
}

/** The objective of the golden file: mean over samples of the mean of `y * targets` over the last axis. */
function objectiveOf(y: Value, targets: Tensor, losses: readonly Value[]): Value {
  return losses.reduce((total, loss) => ops.add(total, loss), ops.mean(ops.multiply(ops.cast(y, "float32"), targets)));
}

interface Applied {
  readonly y: Value;
  readonly scores: Value | undefined;
  readonly objective: Value;
}

/** The layer on symbolic inputs in inference, and the objective with its losses and penalties. */
function applied(spec: LayerCase, layer: Layer, inputs: readonly Value[], masks: readonly Value[]): Applied {
  const given = [...masks];
  inputs.forEach((x, i) => {
    if (spec.masks?.[i]) x.mask = given.shift();
  });
  const added: AddedLoss[] = [];
  const ofCall = [isTraining.of(false), addedLosses.of(added)];
  const [y, scores] = withContext(ofCall, () => callLayer(spec, layer, inputs));
  const losses = added.map(({ value }) => value);
  for (const weight of layer.trainableWeights) {
    if (weight.regularizer) losses.push(weight.regularizer.call(weight.value()));
  }
  return { y, scores, objective: objectiveOf(y, toTensor(spec.targets), losses) };
}

function tensorsOf(spec: LayerCase): { inputs: Tensor[]; masks: Tensor[] } {
  const masks = spec.masks?.filter((mask) => mask !== null) ?? [];
  return { inputs: spec.inputs.map(toTensor), masks: masks.map(toTensor) };
}

function buildWith(spec: LayerCase, layer: Layer): void {
  layer.ensureBuilt(...inputShapes(spec));
  layer.setWeights(spec.initial.map(toTensor));
}

/** Compares outputs, mask, objective and gradients on the chosen backend with Keras's. */
async function checkOutputs(spec: LayerCase, layer: Layer): Promise<void> {
  buildWith(spec, layer);
  const { inputs, masks } = tensorsOf(spec);
  const floating = inputs.map(({ dtype }, i) => [dtype, i] as const).filter(([dtype]) => dtype === "float32");
  let hasMask = false;
  const program = compile((...args: Value[]) => {
    const values = args.slice(0, inputs.length);
    const { y, scores, objective } = applied(spec, layer, values, args.slice(inputs.length));
    hasMask = y.mask !== undefined;
    const targets = [...floating.map(([, i]) => values[i]), ...layer.trainableWeights];
    const further = [...(scores ? [scores] : []), ...(y.mask ? [y.mask] : [])];
    return [y, objective, ...gradients(objective, targets), ...further];
  });
  const [y, objective, ...rest] = await program(...inputs, ...masks);
  assert.deepEqual([y.dtype, [...y.shape]], [spec.y.dtype, spec.y.shape], "dtype and shape of the output");
  assertClose(y.data, spec.y.data.map(Number), close, "output");
  assertClose(objective.data, [spec.objective], close, "objective");
  assert.equal(hasMask, spec.mask !== null, "whether there is a mask");
  if (spec.mask) {
    const mask = rest.pop()!;
    assert.equal(mask.dtype, "bool");
    assert.deepEqual([[...mask.shape], [...mask.data].map(Boolean)], [spec.mask.shape, spec.mask.data], "mask");
  }
  if (spec.scores) {
    const scores = rest.pop()!;
    assert.deepEqual([...scores.shape], spec.scores.shape, "shape of the scores");
    assertClose(scores.data, spec.scores.data.map(Number), close, "scores");
  }
  const slopes = [...floating.map(([, i]) => spec.dx[i]), ...spec.dw];
  assert.equal(rest.length, slopes.length, "gradients");
  rest.forEach((slope, i) => {
    // Keras has no gradient for an input without influence; here it is 0.
    const expected = slopes[i]?.data.map(Number) ?? [...slope.data].map(() => 0);
    assertClose(slope.data, expected, close, i < floating.length ? `gradient by input ${i}` : `gradient by a weight`);
  });
}

/** Compares the traced gradients in float64 with central differences. */
function checkDifferences(spec: LayerCase, layer: Layer): void {
  buildWith(spec, layer);
  const { inputs, masks } = tensorsOf(spec);
  const trace = new Trace();
  const { graph } = trace;
  const { targets, objective, slopes } = withContext(recording(trace), () => {
    const args = [...inputs, ...masks].map(({ shape, dtype }) => trace.input({ shape, dtype }));
    const { objective } = applied(spec, layer, args.slice(0, inputs.length), args.slice(inputs.length));
    const weights = layer.trainableWeights.map((weight) => trace.readInitial(weight));
    const targets = [...args.filter(({ dtype }) => dtype === "float32"), ...weights];
    return { targets, objective, slopes: gradients(objective, targets) };
  });
  const wide = ({ shape, dtype, data }: Tensor): RefArray => ({ shape, dtype, data: Float64Array.from(data) });
  const given = new Map<number, RefArray>();
  [...inputs, ...masks].forEach((tensor, i) => given.set(graph.inputs[i], wide(tensor)));
  layer.weights.forEach((weight, i) => {
    const link = graph.state.find(({ variable }) => variable === weight);
    if (link) given.set(link.input, wide(toTensor(spec.initial[i])));
  });
  const values = new Map(given);
  interpret({ ...graph, outputs: slopes.map(idOf) }, values);
  const score = () => {
    const moved = new Map(given);
    interpret(forward, moved);
    return moved.get(idOf(objective))!.data[0];
  };
  // The part of the graph up to the objective, without its gradients, which come after it.
  const end = graph.nodes.findIndex(({ outputs }) => outputs.includes(idOf(objective)));
  const forward = { ...graph, nodes: graph.nodes.slice(0, end + 1), outputs: [idOf(objective)] };
  targets.forEach((target, t) => {
    const { data } = given.get(idOf(target))!;
    const slope = values.get(idOf(slopes[t]))!.data;
    const expected = data.map((x, i) => {
      if (x === spec.jump) return slope[i];
      const step = 1e-6;
      data[i] = x + step;
      const above = score();
      data[i] = x - step;
      const below = score();
      data[i] = x;
      return (above - below) / (2 * step);
    });
    assertClose(
      values.get(idOf(slopes[t]))!.data,
      expected,
      { absolute: 1e-8, relative: 1e-6 },
      `slope of target ${t}`,
    );
  });
}

/** One training step of a model with only this layer: its loss, and its weights afterwards. */
async function checkTraining(spec: LayerCase, layer: Layer, learningRate: number): Promise<void> {
  const { inputs } = tensorsOf(spec);
  const symbols = inputs.map(({ shape, dtype }) => Input({ shape: shape.slice(1), dtype }));
  const model = new Model({ inputs: arranged(symbols), outputs: callLayer(spec, layer, symbols)[0] });
  layer.setWeights(spec.initial.map(toTensor));
  const loss = (yTrue: Value, yPred: Value) => {
    const product = ops.multiply(yTrue, yPred);
    return yPred.shape.length > 1 ? ops.mean(product, -1) : product;
  };
  model.compile({ optimizer: new SGD({ learningRate }), loss });
  assertClose(
    [(await model.trainOnBatch(arranged(inputs) as Tensor, toTensor(spec.targets))).loss],
    [spec.trained!.loss],
    close,
    "loss",
  );
  for (const [i, weight] of (await layer.getWeights()).entries()) {
    assertClose(weight.data, spec.trained!.weights[i].data.map(Number), close, `weight ${i} after a step`);
  }
}
