// Weights files, Keras's `.weights.h5` and safetensors: the arrays of a model's parts and of its optimizer.
import { FileError, ValueError } from "../errors.ts";
import { type H5Group, type NewH5Group, writeHdf5 } from "../files/hdf5.ts";
import { writeSafetensors } from "../files/safetensors.ts";
import { boolean } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import {
  innerPath,
  legacyEntries,
  optimizerGroup,
  type Part,
  partsPath,
  scaleGroup,
  type WeightEntry,
  type WeightGroup,
  weightGroups,
} from "./weight_groups.ts";

/** The bytes of a safetensors file of these groups, with the names of weights. */
export async function writeNamedWeights(
  groups: readonly WeightGroup[],
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, Tensor>();
  for (const [group, i] of groups.flatMap((group) => group.entries.map((_, i) => [group, i] as const))) {
    const name = nameOfEntry(group, i);
    if (tensors.has(name)) {
      throw new ValueError({
        what,
        rule: "weights must differ in their names",
        received: `"${name}" twice`,
        hint: "give the layers names of their own, or save as .weights.h5",
      });
    }
    tensors.set(name, await group.entries[i].read());
  }
  return writeSafetensors(tensors);
}

/** A group, or the part of one that a file holds. */
export interface GroupPart extends WeightGroup {
  /** The place of the first entry in the whole group; 0 by default. */
  readonly first?: number;
}

/** The bytes of a `.weights.h5` file of these groups. */
export function writeWeights(groups: readonly GroupPart[], what: string): Promise<Uint8Array<ArrayBuffer>> {
  const root = newGroup();
  for (const { path, name, entries, first = 0 } of groups) {
    const vars = inside(root, `${path}/vars`);
    vars.attributes.set("name", name);
    entries.forEach((entry, i) => vars.arrays.set(entry.key ?? String(first + i), entry));
  }
  return writeHdf5(root, what);
}

/** A group that is being made. */
export interface NewGroup extends NewH5Group {
  readonly attributes: Map<string, unknown>;
  readonly groups: Map<string, NewGroup>;
  readonly arrays: Map<string, WeightEntry>;
}

/** A group without anything inside. */
export const newGroup = (): NewGroup => ({ attributes: new Map(), groups: new Map(), arrays: new Map() });

/** The group at a path inside of another, made where it is not there. */
export function inside(root: NewGroup, path: string): NewGroup {
  let group = root;
  for (const name of path.split("/").filter((part) => part)) {
    if (!group.groups.has(name)) group.groups.set(name, newGroup());
    group = group.groups.get(name)!;
  }
  return group;
}

/** How weights are read. */
export interface ReadWeightsOptions {
  /** Whether to skip arrays of another shape, and those that only the model or only the file has; false by default. */
  skipMismatch?: boolean;
}

const readWeightsOptions = optionTable<ReadWeightsOptions>()({ skipMismatch: boolean(false) });

/** What was read of a weights file. */
export interface StoredWeights {
  /** The arrays by key. */
  readonly arrays: ReadonlyMap<string, Tensor>;
  /** What of a model is stored in such files. */
  groupsOf(model: Part): WeightGroup[];
  /** The key of an entry in such files. */
  keyOf(group: WeightGroup, index: number): string;
  /** What the keys of a group begin with, where parts may keep what they like. */
  placeOf?(group: WeightGroup): string;
}

/** The arrays of a `.weights.h5` file by path. */
export function storedInHdf5(root: H5Group): StoredWeights {
  const arrays = new Map<string, Tensor>();
  const visit = ({ groups, arrays: own }: H5Group, path: readonly string[]): void => {
    const inOrder = [...own].sort(([a], [b]) => Number(a) - Number(b));
    for (const [name, array] of inOrder) arrays.set(keyInHdf5([...path, name]), array);
    for (const [name, group] of groups) {
      // Keras 2 wrote the sums of metrics too; each run starts them again.
      if (path.length > 0 || name !== "metrics") visit(group, [...path, name]);
    }
  };
  visit(root, []);
  const placeOf = ({ path }: WeightGroup) => keyInHdf5([path, "vars"]);
  return { arrays, groupsOf: weightGroups, keyOf: (group, i) => `${placeOf(group)}/${i}`, placeOf };
}

/** The key of an array at a path of such a file; Keras 2.12 to 2.15 gave some names of their own. */
export function keyInHdf5(path: readonly string[]): string {
  const names = path.filter((name) => name !== "");
  return names.map((name) => (name === "_layer_checkpoint_dependencies" ? "layers" : name)).join("/");
}

/** The name of an entry in a safetensors file: those of the layers around it, then its own. */
export const nameOfEntry = ({ namePath, entries }: WeightGroup, index: number): string =>
  [...namePath ? [namePath] : [], entries[index].name].join("/");

const keysIn = (arrays: ReadonlyMap<string, Tensor>, path: string): string[] =>
  [...arrays.keys()].filter((key) => key.startsWith(`${path}/`));

/**
 * The groups of an optimizer that a file has: that of the optimizer which is applied, with or without a scaled loss, and that
 * of the scale, if the file has it too.
 */
function storedGroups(optimizer: Optimizer, arrays: ReadonlyMap<string, Tensor>): WeightGroup[] {
  const isScaled = keysIn(arrays, innerPath).length > 0;
  const path = isScaled ? innerPath : "optimizer";
  const parts = new Set(keysIn(arrays, partsPath(path)));
  const stored = keysIn(arrays, path).filter((key) => !parts.has(key)).map((key) => arrays.get(key)!);
  if (stored.length === 0) return [];
  const own = { ...storedPart(optimizer.applied, stored), path };
  if (!isScaled || optimizer.applied === optimizer) return [own];
  // An optimizer that had taken no step has no scale in the file.
  const scale = scaleGroup(optimizer);
  return keysIn(arrays, "optimizer/vars").length > scale.entries.length ? [scale, own] : [own];
}

/** The part of an optimizer's group that a file with these arrays of it has. */
function storedPart(optimizer: Optimizer, arrays: readonly Tensor[]): WeightGroup {
  const group = optimizerGroup(optimizer);
  const { entries } = group;
  // Keras 2 stores momenta for an SGD that has none, and no rate.
  if (optimizer.slots.length === 0) {
    return { ...group, entries: entries.filter((_, i) => arrays[i]?.shape.length === 0) };
  }
  const scalars = optimizer.schedule ? 1 : 2;
  // An optimizer that had taken no step has no slots in the file.
  if (arrays.length <= scalars) return { ...group, entries: entries.slice(0, arrays.length) };
  // Keras 2 does not store the numbers in place of factors either, which vectors do not have.
  const own = legacyEntries(optimizer);
  const withoutNumbers = own.filter(({ shape }, i) => i === 0 || shape.length > 0);
  const fitting = [entries, own, withoutNumbers].find(({ length }) => length === arrays.length);
  return { ...group, entries: fitting ?? entries };
}

/** A row of the table of what does not fit. */
type Mismatch = readonly [owner: string, entry: string, expected: string, found: string];

/**
 * Sets a model's weights, and the optimizer's state if one is given, to what was read. Throws {@linkcode FileError}, whose
 * message begins with `what`, with a table of all that is missing, left over or of another shape; then nothing is changed.
 */
export function assignWeights(
  { arrays, groupsOf, keyOf, placeOf }: StoredWeights,
  model: Part,
  optimizer: Optimizer | undefined,
  what: string,
  options: ReadWeightsOptions = {},
): void {
  const { skipMismatch } = readMethodOptions("loadWeights", readWeightsOptions, options, what);
  const left = new Map(arrays);
  const mismatches: Mismatch[] = [];
  const changes: { readonly entry: WeightEntry; readonly value: Tensor }[] = [];
  const loads: (() => void)[] = [];
  const take = (group: WeightGroup) => {
    const { part } = group;
    if (placeOf && part?.loadOwnVariables) {
      const place = placeOf(group) === "" ? "" : `${placeOf(group)}/`;
      const own = [...arrays].filter(([key]) => key.startsWith(place) && !key.slice(place.length).includes("/"));
      for (const [key] of own) left.delete(key);
      loads.push(() => part.loadOwnVariables!(new Map(own.map(([key, array]) => [key.slice(place.length), array]))));
      return;
    }
    group.entries.forEach((entry, i) => {
      const key = keyOf(group, i);
      const value = arrays.get(key);
      left.delete(key);
      if (value && sameShape(entry.shape, value.shape)) {
        return void changes.push({ entry, value: value.cast(entry.dtype) });
      }
      const found = value ? formatShape(value.shape) : "none";
      mismatches.push([group.name, entry.name.split("/").at(-1)!, formatShape(entry.shape), found]);
    });
  };
  groupsOf(model).forEach(take);
  if (optimizer) {
    for (const group of storedGroups(optimizer, arrays)) take(group);
    // Where the loss was scaled, the group of that repeats what was read.
    if (keysIn(arrays, innerPath).length > 0) { for (const key of keysIn(arrays, "optimizer/vars")) left.delete(key); }
  }
  // The states of optimizers inside of another stand in that one's too.
  for (const path of ["optimizer", innerPath]) for (const key of keysIn(arrays, partsPath(path))) left.delete(key);
  for (const [key, { shape }] of left) {
    if (!optimizer?.slots.length && key.startsWith("optimizer/")) continue;
    const parts = key.split("/").filter((part) => part !== "vars");
    mismatches.push([parts.slice(0, -1).join("/"), parts.at(-1)!, "none", formatShape(shape)]);
  }
  if (mismatches.length > 0 && !skipMismatch) throw mismatchError(mismatches, what);
  // What the user wrote may throw: then no weight is changed.
  for (const load of loads) load();
  for (const { entry, value } of changes) entry.write(value);
}

/** So many lines of the table are shown. */
const maxLines = 20;

function mismatchError(mismatches: readonly Mismatch[], what: string): FileError {
  const rows = [
    ["layer", "weight", "expected", "in the file"],
    ...mismatches.slice(0, maxLines),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()}`);
  const more = mismatches.length > maxLines ? [`  and ${mismatches.length - maxLines} more`] : [];
  return new FileError({
    what,
    rule: "the file must have the arrays of the model",
    received: `${mismatches.length} that differ\n${[...table, ...more].join("\n")}\n`,
    hint: "make the model as it was when it was saved, or load what fits with skipMismatch: true",
  });
}
