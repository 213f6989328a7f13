// Values of arrays at coordinates between their elements.
import { describe, ShapeError, ValueError } from "../errors.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { clip } from "./composed.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName } from "./spatial.ts";

/**
 * How an array `abcd` continues outside: `constant` with one value, `nearest` as `aaaa|abcd|dddd`, `reflect` as
 * `dcba|abcd|dcba`, `mirror` as `dcb|abcd|cba`, `wrap` as `abcd|abcd|abcd`.
 */
export type CoordinateFillMode = "constant" | "nearest" | "reflect" | "mirror" | "wrap";

/** The names of these modes. */
export const coordinateFillModes: readonly CoordinateFillMode[] = ["constant", "nearest", "reflect", "mirror", "wrap"];

/** The arguments of {@linkcode mapCoordinates} that follow its inputs, by name. */
export interface MapCoordinatesNames {
  /** 0 takes the nearest element, 1 interpolates linearly. */
  order: 0 | 1;
  /** How the array continues outside; `constant` by default. */
  fillMode?: CoordinateFillMode;
  /** The value outside for `constant`; 0 by default. */
  fillValue?: number;
}

/** An element next to a coordinate, along one axis. */
interface Tap {
  /** Its index, an integer in float32, inside the array. */
  readonly index: Operand;
  /** Its weight; absent for the only one. */
  readonly weight?: Operand;
  /** Whether the coordinate's own element is inside the array; absent where arrays continue. */
  readonly inside?: Operand;
}

/** The index that an index outside of `extent` elements stands for. */
function folded(index: Operand, extent: number, fillMode: CoordinateFillMode): Operand {
  if (fillMode === "constant" || fillMode === "nearest" || extent === 1) return clip(index, 0, extent - 1);
  if (fillMode === "wrap") return o.mod(index, extent);
  const period = fillMode === "reflect" ? 2 * extent : 2 * (extent - 1);
  const rest = o.mod(index, period);
  return o.select(o.less(rest, extent), rest, o.subtract(fillMode === "reflect" ? period - 1 : period, rest));
}

/** The elements that make the value at a coordinate, along one axis of `extent` elements. */
export function tapsAt(at: Operand, extent: number, order: 0 | 1, fillMode: CoordinateFillMode): Tap[] {
  const tap = (index: Operand, weight?: Operand): Tap => ({
    index: folded(index, extent, fillMode),
    ...(weight !== undefined && { weight }),
    ...(fillMode === "constant" && { inside: o.logicalAnd(o.greaterEqual(index, 0), o.less(index, extent)) }),
  });
  if (order === 0) return [tap(o.round(at))];
  const low = o.floor(at);
  const share = o.subtract(at, low);
  return [tap(low, o.subtract(1, share)), tap(o.add(low, 1), share)];
}

/** One value of what elements give: `found` for each combination of taps, one per axis, in float32. */
export function interpolated(
  axes: readonly (readonly Tap[])[],
  fillValue: number,
  found: (indices: readonly Operand[]) => Operand,
  widen: (each: Operand) => Operand = (each) => each,
): Operand {
  const combinations = axes.reduce<readonly (readonly Tap[])[]>(
    (some, taps) => some.flatMap((chosen) => taps.map((tap) => [...chosen, tap])),
    [[]],
  );
  const terms = combinations.map((taps) => {
    const value = o.cast(found(taps.map(({ index }) => index)), "float32");
    const inside = taps.flatMap((tap) => tap.inside ?? []);
    const kept = inside.length === 0 ? value : o.select(widen(inside.reduce(o.logicalAnd)), value, fillValue);
    const weights = taps.flatMap((tap) => tap.weight ?? []);
    return weights.length === 0 ? kept : o.multiply(kept, widen(weights.reduce(o.multiply)));
  });
  return terms.reduce((sum, term) => o.add(sum, term));
}

/**
 * The values of `inputs`, an array of any rank, at `coordinates` `[rank, ...places]`: `[...places]`, in the dtype of
 * `inputs`; integers are rounded. With `reflect` and `mirror` arrays continue as Keras documents and computes on JAX.
 * Throws {@linkcode ShapeError} if there is not one coordinate per axis, {@linkcode ValueError} for other orders and modes.
 * Keras: https://keras.io/api/ops/image/#map_coordinates-function
 *
 * @example Between the elements of a row
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.image.mapCoordinates(tensor([0, 10, 20]), tensor([[0.5, 1.25]]), 1).toArray()); // [ 5, 12.5 ]
 * ```
 */
export const mapCoordinates: Named<
  [inputs: Operand, coordinates: Operand],
  [order: 0 | 1, fillMode?: CoordinateFillMode, fillValue?: number],
  MapCoordinatesNames
> = liftNamed(
  2,
  ["order", "fillMode", "fillValue"],
  (inputs, coordinates, order, fillMode = "constant", fillValue = 0) => {
    const what = "Cannot map coordinates";
    const [shape, [count, ...places]] = [shapeOf(inputs), shapeOf(coordinates)];
    if (count !== shape.length || places.length === 0) {
      throw new ShapeError({
        what,
        rule: `coordinates must be [${shape.length}, ...places], one per axis of inputs of ${formatShape(shape)}`,
        received: formatShape(shapeOf(coordinates)),
        hint: "stack the coordinates along each axis, as in ops.stack([y, x])",
      });
    }
    if (order !== 0 && order !== 1) {
      throw new ValueError({
        what,
        rule: "order must be 0, the nearest element, or 1, linear interpolation",
        received: describe(order),
        hint: "give 1",
      });
    }
    checkName(what, "fillMode", fillMode, coordinateFillModes);
    const size = sizeOf(places);
    const rows = o.reshape(o.cast(coordinates, "float32"), [count, size]);
    const taps = shape.map((extent, axis) =>
      tapsAt(o.reshape(o.slice(rows, [axis, 0], [1, size]), [size]), extent, order, fillMode)
    );
    const table = o.reshape(inputs, [sizeOf(shape), 1]);
    const sum = interpolated(taps, fillValue, (indices) => {
      const whole = indices.map((index) => o.cast(index, "int32"));
      const place = whole.reduce((flat, index, axis) => o.add(o.multiply(flat, shape[axis]), index));
      return o.reshape(o.gather(table, place), [size]);
    });
    const dtype = dtypeOf(inputs);
    return o.reshape(dtype === "float32" ? sum : o.cast(o.round(sum), dtype), places);
  },
);
