// The version of the library, as deno.json has it.

/** The version of Ceratops. */
export const version = "0.1.0";
