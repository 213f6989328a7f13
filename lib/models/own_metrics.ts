// The metrics that models and layers of the user's own hold.
import type { Layer } from "../layers/layer.ts";
import { Metric } from "../metrics/metric.ts";
import { heldBy } from "../structure.ts";

/** The metrics in the properties of a layer, and of the layers inside. */
export function metricsWithin(layer: Layer): Metric[] {
  return [...new Set([...heldBy<Metric>(layer, Metric), ...layer.sublayers.flatMap(metricsWithin)])];
}
