// Options that a recurrent layer takes in place of its cell.
import { optionsOfClass, type OptionTable, withFactsOfAll } from "../options.ts";
import { layerOptions } from "./options.ts";

/** The names of a cell's own options. */
function namesOf(Class: object): string[] {
  return Object.keys(optionsOfClass(Class)).filter((name) => !(name in layerOptions));
}

/** The options of a cell's table as those of its layer, which has them from the cell. */
export function ofCell<T extends OptionTable>(table: T): T {
  return withFactsOfAll(table, { assigned: false });
}

/** The options of the cell of a layer that was given `options`. */
export function cellOptions<O extends object>(Class: object, options: O, name: string): O {
  const taken = [...namesOf(Class), "dtype", "trainable"].filter((option) => option in options);
  return Object.fromEntries([["name", name], ...taken.map((option) => [option, options[option as keyof O]])]) as O;
}

/** Gives the layers of a class the options of their cell as properties. */
export function declareCellFields(Class: { readonly prototype: object }, CellClass: object): void {
  for (const name of namesOf(CellClass)) {
    Object.defineProperty(Class.prototype, name, {
      get(this: { readonly cell: Readonly<Record<string, unknown>> }) {
        return this.cell[name];
      },
    });
  }
}
