// Runs everything on the default adapter and prints the report: a separate process, started with another driver.
import { checkEverything } from "./driver_suite.ts";

console.log(JSON.stringify(await checkEverything()));
