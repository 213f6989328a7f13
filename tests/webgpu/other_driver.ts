// Runs everything on the default adapter and prints the report: a process of its own, started with another driver.
import { checkEverything } from "./everything.ts";

console.log(JSON.stringify(await checkEverything()));
