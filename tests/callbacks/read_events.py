# Reads the event files in the folders of a training as TensorBoard does, and prints what they hold as JSON.
import glob
import io
import json
import os
import sys

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util


def content(tensor):
    array = tensor_util.make_ndarray(tensor)
    if array.dtype.kind not in "OS":
        return array.tolist()
    files = array.ravel().tolist()
    pictures = [f for f in files if f.startswith(b"\x89PNG")]
    texts = [f.decode() for f in files if not f.startswith(b"\x89PNG")]
    return texts + [np.asarray(Image.open(io.BytesIO(f))).tolist() for f in pictures]


events = []
versions = []
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*", "*"))):
    for event in EventFileLoader(path).Load():
        if event.HasField("file_version"):
            versions.append(event.file_version)
        for value in event.summary.value:
            metadata = value.metadata
            events.append(
                {
                    "folder": os.path.basename(os.path.dirname(path)),
                    "time": event.wall_time,
                    "step": event.step,
                    "tag": value.tag,
                    "plugin": metadata.plugin_data.plugin_name,
                    "version": metadata.plugin_data.content.decode(),
                    "kind": metadata.data_class,
                    "shape": [d.size for d in value.tensor.tensor_shape.dim],
                    "content": content(value.tensor),
                }
            )
print(json.dumps({"versions": versions, "events": events}))
