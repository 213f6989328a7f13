// docs/keras_names.md says which of Keras's names are there.
import assert from "node:assert/strict";
import { idleReasons, namesPage, namesPath } from "./names_page.ts";

Deno.test("docs/keras_names.md is what `deno task names` writes", () => {
  assert.equal(Deno.readTextFileSync(namesPath), namesPage());
});

Deno.test("every reason is that of a name of Keras", () => {
  assert.deepEqual(idleReasons(), []);
});
