// Types of the data that fit and predict take and return, derived from a model's inputs and outputs.
import type { Value } from "../ir/value.ts";
import type { InputOf, Layer, OutputOf } from "../layers/layer.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";
import type { Mapped, Structure } from "../structure.ts";
import type { DataLike } from "../tensor/strings.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import type { StepData } from "../training/trainer.ts";

/** What {@linkcode Model.computeLoss} takes. */
export interface LossData<X = Value, Y = Value> extends StepData<X, Y> {
  /** The model's outputs. */
  readonly yPred: Y;
}

/** The loss data of a model of any inputs and outputs. */
export type AnyLossData = LossData<Structure<Value>, Structure<Value>>;

/** Symbolic values in place of symbolic tensors: what a model's `call` takes and returns. */
export type ValuesOf<S> = Mapped<S, SymbolicTensor, Value>;
/** Data in place of symbolic values: what `fit` takes, given what `call` takes. */
export type DataOf<S, Data = TensorLike> = S extends readonly Value[]
  ? number extends S["length"] ? Data | readonly Data[] : Mapped<S, Value, Data>
  : Mapped<S, Value, Data>;
/** Tensors in place of symbolic values: what `predict` returns, given what `call` returns. */
export type TensorsOf<S> = Mapped<S, Value, Tensor>;
/** Data for a list of inputs, by name. */
export type NamedData<In> = In extends readonly SymbolicTensor[] ? { readonly [Name in In[number]["name"]]: DataLike }
  : never;
/** The names of outputs, if they have names. */
export type OutputNames<Out> = Out extends SymbolicTensor | readonly SymbolicTensor[] ? string : keyof Out & string;
/** Sample weights: one for all outputs, or one per output in a list or by name. */
export type WeightData<Out> =
  | TensorLike
  | readonly TensorLike[]
  | { readonly [Name in OutputNames<Out>]?: TensorLike };
/** The inputs that a model's `fit` and `predict` take. */
export type InputData<M extends Layer> = DataOf<InputOf<M>, DataLike>;
/** The targets that a model's `fit` takes. */
export type TargetData<M extends Layer> = DataOf<OutputOf<M>>;
