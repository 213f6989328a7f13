// Tables of comma-separated values.
import assert from "node:assert/strict";
import { FileError } from "../../mod.ts";
import { readCsv, writeCsv } from "../../lib/files/csv.ts";

Deno.test("readCsv() takes the first line as header if it has no numbers", async () => {
  const rows = [["1", "2.5"], ["-3", "1e-3"]];
  assert.deepEqual(await readCsv("1,2.5\n-3,1e-3\n", ""), { header: undefined, rows });
  assert.deepEqual(await readCsv("a, b \r\n1,2.5\r\n-3,1e-3", ""), { header: ["a", "b"], rows });
  assert.deepEqual(await readCsv('"a, b";"say ""c"""\n1;2\n', ""), { header: ["a, b", 'say "c"'], rows: [["1", "2"]] });
  assert.deepEqual(await readCsv("a\tb\n\n1\t2\n\n", ""), { header: ["a", "b"], rows: [["1", "2"]] });
  assert.deepEqual(await readCsv("x\n1\n2\n", ""), { header: ["x"], rows: [["1"], ["2"]] });
});

Deno.test("readCsv() refuses rows of other lengths, open quotes and nothing", async () => {
  await assert.rejects(readCsv("1,2\n3\n", ""), /1 cells in row 2 and 2 in the first/);
  await assert.rejects(readCsv('1,2\n"3,4\n', ""), FileError);
  await assert.rejects(readCsv("\n\n", ""), /received none/);
  await assert.rejects(readCsv("a,b\n", ""), /a header alone/);
});

Deno.test("writeCsv() quotes names where that is needed", async () => {
  assert.equal(await writeCsv(["a", 'b,"c"'], [[1, 0.5], [-2, 1e-7]], ""), 'a,"b,""c"""\n1,0.5\n-2,1e-7\n');
});
