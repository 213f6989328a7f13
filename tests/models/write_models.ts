// Reads models as Keras writes them, a list of { json } on standard input, and prints the JSON that we write of each.
import type { ConfigValue } from "../../lib/json_config.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";

const models = JSON.parse(await new Response(Deno.stdin.readable).text()) as { json: ConfigValue }[];
console.log(JSON.stringify(models.map(({ json }) => modelFromConfig(json).toJson())));
