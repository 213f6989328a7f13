# Runs the cells of a notebook in Deno's kernel, and prints what each shows as JSON, as it is in the end.
import json
import os
import queue
import sys
import tempfile
from pathlib import Path

from jupyter_client.manager import start_new_kernel

path, deno = Path(sys.argv[1]), sys.argv[2]
limit = 120
# Deno's kernel may say that it is idle before the last output is there, which nbclient, and so nbconvert, then loses.
grace = 1


def outputs_of(client, source):
    request = client.execute(source)
    shown, places, idle = [], {}, False
    while True:
        try:
            message = client.get_iopub_msg(timeout=grace if idle else limit)
        except queue.Empty:
            if idle:
                return shown
            raise
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != request:
            continue
        if kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if kind == "status":
            idle = content["execution_state"] == "idle"
        if kind == "stream":
            shown.append({"output_type": kind, "text": content["text"]})
        if kind in ("display_data", "execute_result"):
            places[content.get("transient", {}).get("display_id")] = len(shown)
            shown.append({"output_type": kind, "data": content["data"]})
        if kind == "update_display_data":
            shown[places[content["transient"]["display_id"]]]["data"] = content["data"]


with tempfile.TemporaryDirectory() as folder:
    kernel = Path(folder) / "kernels" / "deno"
    kernel.mkdir(parents=True)
    argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Deno", "language": "typescript"}))
    os.environ["JUPYTER_PATH"] = folder
    manager, client = start_new_kernel(kernel_name="deno", startup_timeout=limit, cwd=str(path.parent))
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        print(json.dumps([outputs_of(client, "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
