// A layer of the user's own that stands in files of Keras, with layers inside: the twin of tests/keras/golden/block.py.
import { BatchNormalization, Dense } from "../../lib/layers/layers.ts";
import { Layer } from "../../lib/layers/layer.ts";
import type { Weight } from "../../lib/layers/weight.ts";
import type { Value } from "../../lib/ir/value.ts";
import { add } from "../../lib/ops/ops.ts";
import { registerKerasSerializable } from "../../lib/registry.ts";
import type { SymbolicShape } from "../../lib/shape.ts";

/** The layer of the user's own that the files name, with its layers under the names of Keras's. */
export class Block extends Layer {
  readonly units: number;
  readonly secondDense: Dense;
  readonly firstDense: Dense;
  readonly others: readonly Layer[];
  offset!: Weight;

  constructor({ units, ...options }: { units: number; name?: string }) {
    super(options);
    this.units = units;
    this.secondDense = new Dense(units);
    this.firstDense = new Dense(units, { activation: "relu" });
    this.others = [new Dense(units), new BatchNormalization(), new Dense(units)];
  }

  override build(_shape: SymbolicShape): void {
    this.offset = this.addWeight({ name: "offset", shape: [this.units], initializer: "ones" });
  }

  call(x: Value): Value {
    let value = add(this.secondDense.apply(this.firstDense.apply(x)), this.offset.value());
    for (const layer of this.others) value = layer.apply(value) as Value;
    return value;
  }

  override getConfig() {
    return { ...super.getConfig(), units: this.units };
  }
}

registerKerasSerializable("golden")(Block);
