// Regularizers and constraints against Python Keras: values, gradients, configs, training, names, and errors.
import assert from "node:assert/strict";
import * as constraints from "../../lib/constraints.ts";
import type { ConstraintName } from "../../lib/constraints.ts";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { compile, grad } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { clip } from "../../lib/ops/composed.ts";
import { abs, sum } from "../../lib/ops/primitives.ts";
import { SGD } from "../../lib/optimizers/sgd.ts";
import * as regularizers from "../../lib/regularizers.ts";
import type { RegularizerName } from "../../lib/regularizers.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeModel, makeObject, toTensor } from "../golden.ts";

const { penalties, constraints: bounds, trainings, x, y, regularizer_names, constraint_names } = golden(
  "regularizers",
);
const close = { absolute: 2e-6, relative: 2e-5 };

for (const spec of penalties) {
  testOnBackends(`the penalty ${spec.name} is that of Keras`, async () => {
    const regularizer = makeObject<regularizers.Regularizer>(spec, "regularizer");
    const weight = toTensor(spec.x);
    assertClose((await compile((w) => regularizer.call(w))(weight)).data, [spec.value], close);
    const [slope] = await grad((w) => regularizer.call(w))(weight);
    assertClose(slope.data, spec.gradient.data, close, "gradient");
    assert.deepEqual(regularizer.serialize(), spec.serialized);
  });
}

for (const spec of bounds) {
  testOnBackends(`the constraint ${spec.name} is that of Keras`, async () => {
    const made = makeObject<constraints.Constraint>(spec, "constraint");
    const held = await compile((w) => made.call(w))(toTensor(spec.x));
    assertClose(held.data, spec.value.data, close);
    assert.deepEqual(made.serialize(), spec.serialized);
  });
}

for (const spec of trainings) {
  testOnBackends(`training with ${spec.name} is that of Keras`, async () => {
    const model = makeModel(spec.layers);
    model.setWeights(spec.initial.map(toTensor));

    model.compile({
      optimizer: new SGD({ learningRate: 0.25, momentum: 0.5 }),
      loss: "sparse_categorical_crossentropy",
    });
    for (const loss of spec.losses) {
      assertClose([(await model.trainOnBatch(toTensor(x), toTensor(y))).loss], [loss], close);
    }
    assertClose([(await model.testOnBatch(toTensor(x), toTensor(y))).loss], [spec.test], close);
    for (const [i, weight] of (await model.getWeights()).entries()) {
      assertClose(weight.data, spec.weights[i].data, close, `weight ${i}`);
    }
  });
}

Deno.test("names find regularizers and constraints", () => {
  for (const [name, className] of Object.entries<string>(regularizer_names)) {
    assert.equal(regularizers.getRegularizer(name as RegularizerName)!.constructor.name, className);
  }
  for (const [name, className] of Object.entries<string>(constraint_names)) {
    assert.equal(constraints.getConstraint(name as ConstraintName)!.constructor.name, className);
  }
  assert.equal(regularizers.getRegularizer("l1_l2")!.constructor.name, "L1L2");
  assert.equal(regularizers.getRegularizer(null), null);
  assert.equal(constraints.getConstraint(undefined), null);
});

testOnBackends("functions of a weight are regularizers and constraints", async () => {
  const dense = new Dense(1, {
    kernelInitializer: "ones",
    kernelRegularizer: (w: Value) => sum(abs(w)),
    kernelConstraint: (w: Value) => clip(w, -0.5, 0.5),
  });
  const model = new Sequential([Input({ shape: [2] }), dense]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  assert.equal((await model.trainOnBatch([[0, 0]], [[0]])).loss, 2);
  assert.deepEqual([...(await dense.kernel.read()).data], [0.5, 0.5]);
});

Deno.test("wrong regularizers and constraints are refused with a hint", () => {
  assert.throws(() => new Dense(2, { kernelRegularizer: "l3" as "l2" }), /Cannot make "dense.*did you mean "l\d"\?/);
  assert.throws(() => new Dense(2, { kernelConstraint: "maxnorm" as "max_norm" }), /did you mean "max_norm"\?/);
  assert.throws(() => new Dense(2, { kernelRegularizer: 0.01 as never }), /new regularizers.L2\(0.01\)/);
  assert.throws(() => new Dense(2, { kernelRegularizer: regularizers.L2 as never }), /new regularizers.L2\(\)/);
  assert.throws(() => new Dense(2, { kernelConstraint: constraints.NonNeg as never }), /new constraints.NonNeg\(\)/);
  assert.throws(() => new Dense(2, { kernelConstraint: {} as never }), ValueError);
  assert.throws(() => new Dense(2, { activityRegularizer: "l22" as "l2" }), ValueError);
  assert.throws(() => new regularizers.L2(-1), ValueError);
  assert.throws(() => new regularizers.L1L2({ L1: 1 } as object), /did you mean "l1"\?/);
  assert.throws(() => new regularizers.OrthogonalRegularizer({ mode: "row" as "rows" }), /did you mean "rows"\?/);
  assert.throws(() => new regularizers.OrthogonalRegularizer().call(tensor([1]) as never), ShapeError);
  assert.throws(() => new constraints.MinMaxNorm({ minValue: 2 }), ValueError);
  assert.throws(() => new constraints.MaxNorm(-1), ValueError);
});
