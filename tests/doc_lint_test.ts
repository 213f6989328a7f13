// The exceptions of the documentation lint: the fields of options, and nothing else.
import assert from "node:assert/strict";
import { complaintsOf } from "./doc_lint.ts";

const source = `/** A layer. */
export interface Dense extends LayerFields<DenseOptions, typeof denseOptions> {}
export interface ActivityRegularization
  extends LayerFields<ActivityRegularizationOptions, typeof activityRegularizationOptions> {}
export interface Lossy<T extends string> extends OptionFields<LossyOptions, typeof lossyOptions> {}
export interface Own extends Hidden {}
export interface More extends LayerFields<A, B> {
  own: Hidden;
}
`;

const complaint = (line: number) =>
  `error[private-type-ref]: public type 'X' references private type 'Y'
 --> /lib/core.ts:${line}:1
  | 
${line} | export interface
  | ^

  info: to ensure documentation is complete all types that are exposed in the public API must be public


`;

Deno.test("the lint of the documentation passes over fields of options alone", () => {
  const left = (line: number) => complaintsOf(complaint(line), () => source).length;
  assert.deepEqual([1, 2, 3, 5, 6, 7, 8].map(left), [1, 0, 0, 0, 1, 1, 1]);
  const all = [2, 6, 3, 8].map(complaint).join("");
  assert.deepEqual(complaintsOf(`${all}Checked 1 file\n`, () => source).length, 2);
});

Deno.test("an error without a place is a complaint", () => {
  assert.deepEqual(complaintsOf("error: Module not found\n", () => source), ["error: Module not found\n"]);
});
