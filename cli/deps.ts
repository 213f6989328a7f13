// The packages of the command line alone, pinned; those that the library uses too are in lib/deps.ts.
export { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@15.1.0";
