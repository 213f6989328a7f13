// Loops in ONNX: its Scan.
import type { ProbedGraph } from "./inference.ts";
import { isFixed } from "./inference.ts";
import type { Translation } from "./onnx_call.ts";
import { OnnxGraph, type OnnxValue } from "./onnx_model.ts";
import { Held, Scope } from "./onnx_scope.ts";

/** The values that a body reads unchanged are those of the graph around it, which ONNX's bodies see. */
export const scan: Translation<"scan"> = {
  sizes: ["length", "body"],
  emit: (call) => {
    const { carries, scanned, reverse } = call.attrs;
    const bodies: ProbedGraph = { graphs: call.nodes.map(({ attrs }) => attrs.body) };
    const [body] = bodies.graphs;
    const { model, inputs, origin } = call;
    const graph = new OnnxGraph();
    const scope = new Scope(model, graph, call.scope.what, call.scope);
    const valueOf = (name: string, { shape, dtype }: Pick<Held, "shape" | "dtype">): OnnxValue => {
      return { name, dtype, shape: shape.map((extent) => isFixed(extent) ? extent[0] : null) };
    };
    body.inputs.forEach((id, i) => {
      const outer = inputs[i];
      if (i >= carries + scanned) return scope.set(id, outer);
      const shape = i < carries ? outer.shape : outer.shape.slice(1);
      const name = model.unique(`${origin}/input:${i}`);
      scope.set(id, new Held(scope, name, shape, outer.dtype).name("plain", name));
      graph.inputs.push(valueOf(name, { shape, dtype: outer.dtype }));
    });
    const steps = call.sizes(({ length }) => [length])[0];
    // ONNX's Scan runs for each row of something.
    const counts = scanned > 0 ? [] : [call.node("Expand", [call.scalar(0, "int32"), call.extents([steps])])];
    for (const _ of counts) {
      graph.inputs.push({ name: model.unique(`${origin}/step`), dtype: "int32", shape: [] });
    }
    call.writeGraph(scope, bodies);
    for (const id of body.outputs) {
      const held = scope.get(id);
      // A body must compute what it returns.
      const name = scope.node("Identity", [held.in("plain")], {}, origin);
      graph.outputs.push(valueOf(name, held));
    }
    const stacked = body.outputs.length - carries;
    const rows = scanned + counts.length;
    const direction = reverse ? 1 : 0;
    const given = [...inputs.slice(0, carries), ...inputs.slice(carries, carries + scanned)].map((held) =>
      held.in("plain")
    );
    return model.node(
      call.scope.graph,
      "Scan",
      [...given, ...counts],
      {
        body: graph,
        num_scan_inputs: rows,
        scan_input_directions: Array.from({ length: rows }, () => direction),
        ...stacked > 0 && { scan_output_directions: Array.from({ length: stacked }, () => direction) },
      },
      origin,
      body.outputs.length,
    );
  },
};
