"""Runs a subject's `results()` under another Keras backend, in a separate process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from encode import array, dumps

# Two backends agree when |a - b| <= ATOL + RTOL * |b|.
RTOL = 1e-5
ATOL = 1e-6
TOLERANCE = {"rtol": RTOL, "atol": ATOL}


def run_under(backend, subject):
    """{case: {field: array}} of `subject` under `backend`."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    script = Path(__file__).with_name(f"{subject}.py")
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{subject} under {backend} failed:\n{done.stderr}")
    cases = json.loads(done.stdout)
    return {name: {key: array(item) for key, item in fields.items()} for name, fields in cases.items()}


def report(results):
    """What a subject prints when it runs as a script, for `run_under`."""
    print(dumps({name: {k: np.asarray(v) for k, v in fields.items()} for name, fields in results.items()}))


def agree(one, other):
    return np.allclose(one, other, rtol=RTOL, atol=ATOL, equal_nan=True)
