"""What the Python peers share: the command line, MNIST from idx files, and the one line of JSON that each prints.

Standard library only at import time, so that a missing package can be told in one line, and so that thread limits are
in place before any library starts its threads.
"""

import argparse
import contextlib
import gzip
import json
import os
import statistics
import sys
import time

STARTED = time.perf_counter()
LOAD = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None  # other load makes OpenMP ten times as slow
EPOCH_ROWS = 60_000
WORKS = (
    "mlp_epoch",
    "mlp_small_step",
    "predict_one",
    "generate",
    "mlp_process",
    "convnet_epoch",
    "lstm_epoch",
    "encoder_step",
    "load_model",
    "save_model",
)
# The transformer encoder of encoder_step, and the batches of an epoch of it.
ENCODER = {"blocks": 2, "width": 128, "heads": 4, "length": 64, "hidden": 512, "batch": 32, "batches": 40}
INSTALL = "python3 -m venv .venv && .venv/bin/pip install -r bench/peers/requirements.txt"

# Results go to the real standard output; whatever a library prints there goes to standard error instead.
_results = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def options(description, add_arguments=None):
    """Parses the command line, and limits this process to `--threads` cores before anything heavy is imported."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--data", metavar="DIR", help="folder with the four MNIST idx .gz files")
    parser.add_argument("--file", help="the .keras file of load_model and save_model")
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats, after one warm-up")
    parser.add_argument("--rows", type=int, default=EPOCH_ROWS, help="rows of an epoch; seconds are scaled to 60,000")
    parser.add_argument("--steps", type=int, default=300, help="steps a repeat of mlp_small_step")
    parser.add_argument("--calls", type=int, default=2000, help="calls a repeat of predict_one")
    parser.add_argument("--threads", type=int, help="cores to use; all by default")
    parser.add_argument("--accuracy", action="store_true", help="keep a running training accuracy too")
    if add_arguments:
        add_arguments(parser)
    args = parser.parse_args()
    if args.work not in ("predict_one", "generate") and not args.data:
        parser.error(f"{args.work} needs --data DIR")
    if not 0 < args.rows <= EPOCH_ROWS:
        parser.error("--rows must be from 1 to 60000")
    if min(args.repeats, args.steps, args.calls) < 1:
        parser.error("--repeats, --steps and --calls must be at least 1")
    if args.threads is not None and args.threads < 1:
        parser.error("--threads must be at least 1")

    if getattr(args, "device", "cpu") == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # CPU peers, even if there is a GPU
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    if args.threads is None:
        args.threads = len(cores)
    elif args.threads < len(cores) and hasattr(os, "sched_setaffinity"):
        # JAX has no thread option of its own: its pool is as large as the set of cores it may run on.
        os.sched_setaffinity(0, cores[: args.threads])
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    return args


@contextlib.contextmanager
def quiet():
    """Drops what native code writes to standard error, for libraries that print messages before their log level can be set."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def missing(error):
    """Ends with code 3 and one line on standard error that says how to install what is missing."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    print(f"This peer cannot run ({reason}). To install it: {INSTALL}", file=sys.stderr)
    sys.exit(3)


def _idx(folder, name):
    import numpy as np

    with gzip.open(os.path.join(folder, name)) as file:
        content = file.read()
    rank = content[3]
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def mnist(folder, rows=EPOCH_ROWS):
    """Returns `(x_train, y_train, x_test, y_test)`: images as float32 rows of 784 in 0..1, labels as int64."""
    import numpy as np

    def images(name, count):
        return _idx(folder, name)[:count].reshape(-1, 784).astype(np.float32) / np.float32(255)

    def labels(name, count):
        return _idx(folder, name)[:count].astype(np.int64)

    return (
        images("train-images-idx3-ubyte.gz", rows),
        labels("train-labels-idx1-ubyte.gz", rows),
        images("t10k-images-idx3-ubyte.gz", None),
        labels("t10k-labels-idx1-ubyte.gz", None),
    )


def random_row(seed):
    """Returns one float32 image-like row `[1, 784]` in 0..1."""
    import numpy as np

    return np.random.default_rng(seed).random((1, 784), dtype=np.float32)


def encoder_data():
    """Returns the sequences and labels of encoder_step: random float32 and int64, as many as its batches take."""
    import numpy as np

    rows = ENCODER["batch"] * ENCODER["batches"]
    random = np.random.default_rng(1)
    x = random.standard_normal((rows, ENCODER["length"], ENCODER["width"]), dtype=np.float32)
    return x, random.integers(0, 10, rows)


def encoder_detail(seconds):
    """The seconds of an epoch of encoder_step as those of a step, and the detail."""
    detail = {"batch": ENCODER["batch"], "stepsEachRepeat": ENCODER["batches"]}
    return [s / ENCODER["batches"] for s in seconds], detail


def median_call(call, calls, budget_seconds=None):
    """Median seconds of `call()` over `calls` calls; with a budget, fewer when it runs out. Returns (median, calls)."""
    times = []
    deadline = None if budget_seconds is None else time.perf_counter() + budget_seconds
    for _ in range(calls):
        start = time.perf_counter()
        call()
        end = time.perf_counter()
        times.append(end - start)
        if deadline is not None and end > deadline:
            break
    return statistics.median(times), len(times)


def epoch_detail(args, measured, epochs, train_loss, test_accuracy):
    """The detail of an epoch work, and its seconds scaled from `--rows` to the 60,000 of a whole epoch."""
    scale = EPOCH_ROWS / args.rows
    detail = {
        "batch": 128,
        "rows": args.rows,
        "scaled": args.rows != EPOCH_ROWS,
        "measuredSeconds": measured,
        "epochsTrained": epochs,
        "trainLoss": train_loss,
        "testAccuracy": test_accuracy,
    }
    return [s * scale for s in measured], detail


def result(peer, version, args, seconds, detail):
    """Prints the one JSON line of this run."""
    try:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    except ImportError:
        peak = None
    before = {"threads": args.threads, "loadAverageAtStart": LOAD, "trainAccuracyKept": args.accuracy}
    detail = {**before, **detail, "peakMiB": peak and round(peak)}
    line = {"peer": peer, "version": version, "work": args.work, "seconds": seconds, "detail": detail}
    print(json.dumps(line), file=_results, flush=True)
