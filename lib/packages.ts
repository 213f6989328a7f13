// Packages that are loaded when they are first used: importing the library, or bundling it, brings none of them.
import { StateError } from "./errors.ts";
import { type Packages, specifiers } from "./deps.ts";

/** The packages that were loaded here, not provided. */
const loaded = new Set<keyof Packages>();
const provided = new Map<keyof Packages, Promise<unknown>>();

/**
 * Gives a package that this runtime cannot load by its npm name, such as one that a page's bundler put beside the page.
 *
 * @param name the package
 * @param module what importing it gives
 *
 * @example Files of HDF5 in a page
 * ```ts ignore
 * import * as h5wasm from "h5wasm";
 * utils.providePackage("h5wasm", h5wasm);
 * ```
 */
export function providePackage<N extends keyof Packages>(name: N, module: Packages[N]): void {
  loaded.delete(name);
  provided.set(name, Promise.resolve(module));
}

/** A package, loaded at the first call. Throws {@linkcode StateError} naming `what` where that fails. */
export function loadPackage<N extends keyof Packages>(name: N, what: string): Promise<Packages[N]> {
  let loading = provided.get(name) as Promise<Packages[N]> | undefined;
  if (!loading) {
    loading = importPackage(name, what);
    provided.set(name, loading);
    // A network that was away may be back at the next call.
    loading.catch(() => provided.delete(name));
  }
  return loading;
}

/** How often the state of a package was thrown away. */
const renewals = new Map<keyof Packages, number>();

/**
 * Throws away the state of a package, such as a WebAssembly instance that trapped: the next call loads it again. Where that
 * cannot be, as for one that the page provided, it stays.
 */
export function renewPackage(name: keyof Packages): void {
  if (typeof Deno === "undefined" || !loaded.has(name)) return;
  renewals.set(name, (renewals.get(name) ?? 0) + 1);
  provided.delete(name);
}

/** The name by which other runtimes than Deno import a package: Node, Bun, and pages with an import map. */
const nameOf = (specifier: string) => specifier.replace(/^npm:(@?[^@]+)@[^/]+/, "$1");

async function importPackage<N extends keyof Packages>(name: N, what: string): Promise<Packages[N]> {
  try {
    const renewal = renewals.get(name);
    // Not a literal, since Deno and bundlers would fetch a literal one before anything runs.
    const specifier: string = typeof Deno === "undefined" ? nameOf(specifiers[name]) : specifiers[name];
    const module = await import(renewal ? `${import.meta.resolve(specifier)}?${renewal}` : specifier);
    loaded.add(name);
    return module;
  } catch (error) {
    throw new StateError({
      what,
      rule: `it takes the package ${specifiers[name]}, which could not be loaded`,
      received: (error as Error).message.split("\n")[0],
      hint: typeof Deno === "undefined"
        ? `install it, or import it and give it by utils.providePackage("${name}", module)`
        : `run \`deno cache ${specifiers[name]}\` once while there is a network`,
    });
  }
}
