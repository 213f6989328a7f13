// Keras's `.weights.h5`: the arrays of a model's parts and of its optimizer, written and read back.
import { FileError, StateError } from "../errors.ts";
import { type H5Group, readHdf5, writeHdf5 } from "../files/hdf5.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { WeightEntry, WeightGroup } from "./weight_groups.ts";

/** The bytes of a file of these groups. */
export async function writeWeights(groups: readonly WeightGroup[], what: string): Promise<Uint8Array<ArrayBuffer>> {
  const root = newGroup();
  for (const { path, name, entries } of groups) {
    const values = await Promise.all(entries.map((entry) => entry.read()));
    const vars = inside(root, `${path}/vars`);
    vars.attributes.set("name", name);
    values.forEach((value, i) => vars.arrays.set(String(i), value));
  }
  return await writeHdf5(root, what);
}

interface NewGroup extends H5Group {
  readonly attributes: Map<string, unknown>;
  readonly groups: Map<string, NewGroup>;
  readonly arrays: Map<string, Tensor>;
}

const newGroup = (): NewGroup => ({ attributes: new Map(), groups: new Map(), arrays: new Map() });

function inside(root: NewGroup, path: string): NewGroup {
  let group = root;
  for (const name of path.split("/").filter((part) => part)) {
    if (!group.groups.has(name)) group.groups.set(name, newGroup());
    group = group.groups.get(name)!;
  }
  return group;
}

/** How weights are read. */
export interface ReadWeightsOptions {
  /** Whether arrays of other shapes, and groups of another number of arrays, are left out; false by default. */
  skipMismatch?: boolean;
}

/** What does not fit, as a line of the error's table. */
interface Mismatch {
  readonly owner: string;
  readonly entry: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Sets what the groups keep to the values in a file. Throws {@linkcode FileError}, whose message begins with `what`, with
 * a table of all that is missing, left over or of another shape; then nothing is changed.
 */
export async function readWeights(
  bytes: Uint8Array,
  groups: readonly WeightGroup[],
  what: string,
  { skipMismatch = false }: ReadWeightsOptions = {},
): Promise<void> {
  const arrays = arraysByPath(await readHdf5(bytes, what));
  const mismatches: Mismatch[] = [];
  const changes: { readonly entry: WeightEntry; readonly value: Tensor }[] = [];
  for (const { path, name, entries } of groups) {
    const found = arrays.get(path) ?? [];
    arrays.delete(path);
    const fits: typeof changes = [];
    for (let i = 0; i < Math.max(entries.length, found.length); i++) {
      const [entry, value] = [entries[i], found[i]];
      if (entry && value && sameShape(entry.shape, value.shape)) fits.push({ entry, value: value.cast(entry.dtype) });
      else {
        mismatches.push({
          owner: name,
          entry: entry?.name.split("/").at(-1) ?? `array ${i}`,
          expected: entry ? formatShape(entry.shape) : "none",
          found: value ? formatShape(value.shape) : "none",
        });
      }
    }
    changes.push(...fits);
  }
  for (const [path, left] of arrays) {
    if (path === "optimizer") continue;
    left.forEach(({ shape }, i) =>
      mismatches.push({ owner: path, entry: `array ${i}`, expected: "none", found: formatShape(shape) })
    );
  }
  if (mismatches.length > 0 && !skipMismatch) throw mismatchError(mismatches, what);
  for (const { entry, value } of changes) entry.write(value);
}

/** The arrays of each group, by the path of their owner. */
function arraysByPath(root: H5Group): Map<string, Tensor[]> {
  const found = new Map<string, Tensor[]>();
  const visit = ({ groups, arrays }: H5Group, path: readonly string[]): void => {
    if (path.at(-1) === "vars" && arrays.size > 0) {
      const inOrder = [...arrays].sort(([a], [b]) => Number(a) - Number(b));
      found.set(path.slice(0, -1).map(currentName).join("/"), inOrder.map(([, array]) => array));
    }
    for (const [name, group] of groups) visit(group, [...path, name]);
  };
  visit(root, []);
  return found;
}

/** Names that Keras 2.12 to 2.15 gave. */
const currentName = (name: string) => (name === "_layer_checkpoint_dependencies" ? "layers" : name);

/** So many lines of the table are shown. */
const maxLines = 20;

function mismatchError(mismatches: readonly Mismatch[], what: string): FileError {
  const rows = [
    ["layer", "weight", "expected", "in the file"],
    ...mismatches.slice(0, maxLines).map(({ owner, entry, expected, found }) => [owner, entry, expected, found]),
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

/** Throws {@linkcode StateError} for a model that is not built: it has no weights yet. */
export function requireBuilt(model: { readonly name: string; readonly built: boolean }, what: string): void {
  if (model.built) return;
  throw new StateError({
    what,
    rule: "the model is not built, so that it has no weights yet",
    received: `"${model.name}" without an input shape`,
    hint: "give it an Input, or fit or call it once",
  });
}
