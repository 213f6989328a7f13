"""Beam searches of CTC: keras.ops.ctc_decode on TensorFlow, with which JAX must agree.

They differ where sequences are equally likely, for a negative mask index and for a length of 0, which no case has.
"""

import numpy as np
from keras import ops

from backends import agree, report, run_under
from build import dyadic

LENGTHS = [9, 5, 1]
SEARCHES = {
    "one": {"beam_width": 1},
    "two": {"beam_width": 2, "top_paths": 2},
    "narrow": {"beam_width": 4, "top_paths": 3},
    "wide": {"top_paths": 4},
    "no_merging": {"beam_width": 6, "merge_repeated": False},
    "blank_in_the_middle": {"beam_width": 12, "top_paths": 2, "mask_index": 2},
    "blank_last": {"beam_width": 12, "top_paths": 2, "mask_index": None},
}


def logits():
    return dyadic((3, 9, 5), 71, -4096, 4096, 1 / 1024)


def results():
    found = {}
    for name, options in SEARCHES.items():
        labels, scores = ops.ctc_decode(logits(), np.array(LENGTHS, "int32"), "beam_search", **options)
        found[name] = {"labels": np.array(labels), "scores": np.array(scores)}
    return found


def make():
    found = results()
    for name, other in run_under("jax", "ctc_decode").items():
        assert (found[name]["labels"] == other["labels"]).all() and agree(found[name]["scores"], other["scores"]), name
    cases = [{"name": name, "options": SEARCHES[name], **found[name]} for name in SEARCHES]
    return {"logits": logits(), "lengths": LENGTHS, "cases": cases}


if __name__ == "__main__":
    report(results())
