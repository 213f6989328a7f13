// Gradients and assignments: none flows through an assignment, and each value that was read counts.
import assert from "node:assert/strict";
import { compile, gradients, ops, optimizers, Variable } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 1e-5, relative: 1e-5 };

testOnBackends("the gradient of a loss after an update is that at the updated value", async () => {
  const w = new Variable([3]);
  const step = compile(() => {
    const [before] = gradients(ops.sum(ops.square(w.value())), [w]);
    w.assign(ops.subtract(w.value(), ops.multiply(before, 0.1)));
    const [after] = gradients(ops.sum(ops.square(w.value())), [w]);
    return [before, after];
  });
  // 2w for w = 3, and for w = 3 - 0.1 * 6.
  const [before, after] = await step();
  assertClose([before.item(), after.item()], [6, 4.8], close);
});

testOnBackends("a loss of values before and after an assignment has the gradients by both", async () => {
  const [w, v] = [new Variable([3]), new Variable([5])];
  const step = compile(() => {
    const old = w.value();
    const next = ops.multiply(v, 2);
    w.assign(next);
    const loss = ops.sum(ops.multiply(ops.multiply(old, w), ops.add(next, w)));
    return gradients(loss, [w, v]);
  });
  // old * new * (2v + new), where new = 10 does not depend on v: by old 10 * 20, by new 3 * (10 + 2 * 10), by v 3 * 10 * 2.
  const [byW, byV] = await step();
  assertClose([byW.item(), byV.item()], [200 + 90, 60], close);
});

testOnBackends("two networks are trained against each other: an optimizer's update is not differentiated", async () => {
  const [maker, critic] = [new Variable([2]), new Variable([1])];
  const [ofMaker, ofCritic] = [1, 0.125].map((learningRate) => new optimizers.SGD({ learningRate }));
  const step = compile(() => {
    const made = ops.square(maker.value());
    ofCritic.apply(gradients(ops.sum(ops.multiply(made, critic)), [critic]), [critic]);
    ofMaker.apply(gradients(ops.sum(ops.multiply(made, critic)), [maker]), [maker]);
  });
  await step();
  // The critic's gradient is 2 * 2, so that it becomes 1 - 0.125 * 4; then the maker's is critic * 2 * maker = 0.5 * 4.
  assertClose([(await critic.read()).item(), (await maker.read()).item()], [0.5, 0], close);
});

testOnBackends("several updates of one variable in a step are steps one after another", async () => {
  const w = new Variable([1]);
  const optimizer = new optimizers.SGD({ learningRate: 0.25 });
  const step = compile(() => {
    for (let i = 0; i < 3; i++) optimizer.apply(gradients(ops.sum(ops.square(w.value())), [w]), [w]);
  });
  await step();
  // Each halves w.
  assert.equal((await w.read()).item(), 0.125);
});
