// Runs the parts of the suite given as arguments on the default adapter, and prints the report: a separate process,
// started with another driver.
import { checkEverything, type Part } from "./driver_suite.ts";

console.log(JSON.stringify(await checkEverything(Deno.args as Part[])));
