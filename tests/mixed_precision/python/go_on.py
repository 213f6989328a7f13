"""Opens the models of a folder in Keras, and goes on with their trainings: `go_on.py FOLDER`, in which data.json is."""

import json
import sys
from pathlib import Path

import keras
import numpy as np

folder = Path(sys.argv[1])
data = json.loads((folder / "data.json").read_text())
x, y = np.array(data["x"], "float32"), np.array(data["y"], "int32")
answers = {}
for path in sorted(folder.glob("*.keras")):
    # Keras's files of a Sequential have its policy, which its reader takes from the session.
    keras.config.set_dtype_policy(path.stem)
    model = keras.models.load_model(path)
    keras.config.set_dtype_policy("float32")
    scale = getattr(model.optimizer, "dynamic_scale", None)
    answers[path.stem] = {
        "dtypes": [layer.compute_dtype for layer in model.layers],
        "iterations": int(model.optimizer.iterations),
        "scale": None if scale is None else float(scale),
        "predicted": model.predict(x, verbose=0).ravel().tolist(),
        "losses": [float(model.train_on_batch(x, y)) for _ in range(3)],
    }
(folder / "answers.json").write_text(json.dumps(answers))
