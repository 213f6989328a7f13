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
    "unet_step",
    "dcgan_step",
    "autoencoder_step",
    "load_model",
    "save_model",
    "predict_model",
    "model_from_json",
)
MNIST_WORKS = ("mlp_epoch", "mlp_small_step", "mlp_process", "convnet_epoch", "lstm_epoch")
# The transformer encoder of encoder_step, and the batches of an epoch of it.
ENCODER = {"blocks": 2, "width": 128, "heads": 4, "length": 64, "hidden": 512, "batch": 32, "batches": 40}
# The batch sizes of the examples' models, and the batches of an epoch of each.
EXAMPLES = {"unet_step": 32, "dcgan_step": 64, "autoencoder_step": 128}
EXAMPLE_BATCHES = 20
INSTALL = "python3 -m venv .venv && .venv/bin/pip install -r bench/peers/requirements.txt"

# Results go to the real standard output; whatever a library prints there goes to standard error instead.
_results = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def options(description, add_arguments=None):
    """Parses the command line, and limits this process to `--threads` cores before anything heavy is imported."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--data", metavar="DIR", help="folder with the four MNIST idx .gz files")
    parser.add_argument("--file", help="the model of works that read one: .keras, .onnx or .json")
    parser.add_argument("--batch", type=int, default=1, help="images that predict_model is given at a time")
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats, after one warm-up")
    parser.add_argument("--rows", type=int, default=EPOCH_ROWS, help="rows of an epoch; seconds are scaled to 60,000")
    parser.add_argument("--steps", type=int, default=300, help="steps a repeat of mlp_small_step")
    parser.add_argument("--calls", type=int, default=2000, help="calls a repeat of predict_one")
    parser.add_argument("--threads", type=int, help="cores to use; all by default")
    parser.add_argument("--accuracy", action="store_true", help="keep a running training accuracy too")
    if add_arguments:
        add_arguments(parser)
    args = parser.parse_args()
    if args.work in MNIST_WORKS and not args.data:
        parser.error(f"{args.work} needs --data DIR")
    if not 0 < args.rows <= EPOCH_ROWS:
        parser.error("--rows must be from 1 to 60000")
    if min(args.repeats, args.steps, args.calls, args.batch) < 1:
        parser.error("--repeats, --steps, --calls and --batch must be at least 1")
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


def steps_detail(seconds, batch, batches):
    """The seconds of epochs as those of a step, and the detail."""
    return [s / batches for s in seconds], {"batch": batch, "stepsEachRepeat": batches}


def pictures(work):
    """Returns random pictures `[rows, 48, 48, 1]` as float32, and the class of each pixel as int64."""
    import numpy as np

    rows = EXAMPLES[work] * EXAMPLE_BATCHES
    random = np.random.default_rng(1)
    x = random.standard_normal((rows, 48, 48, 1), dtype=np.float32)
    return x, random.integers(0, 4, (rows, 48, 48))


def digits(work):
    """Returns random images `[rows, 28, 28, 1]` as float32 in 0..1."""
    import numpy as np

    return np.random.default_rng(1).random((EXAMPLES[work] * EXAMPLE_BATCHES, 28, 28, 1), dtype=np.float32)


def images(batch, shape):
    """Returns the images that all programs predict from: float32 from -1 to 1."""
    import numpy as np

    values = np.arange(batch * int(np.prod(shape)), dtype=np.int64) * 7919 % 255 / 127 - 1
    return values.astype(np.float32).reshape(batch, *shape)


def answer(outputs):
    """The first outputs of the last row, by which programs are compared."""
    return [float(value) for value in outputs[-1][:8]]


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


def peak_mib():
    """The peak memory of this process, where the system tells it."""
    try:
        # getrusage also counts what the process was before it became this program: the size of the one that started it.
        with open("/proc/self/status") as status:
            return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 2**10)
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def result(peer, version, args, seconds, detail):
    """Prints the one JSON line of this run."""
    before = {"threads": args.threads, "loadAverageAtStart": LOAD, "trainAccuracyKept": args.accuracy}
    detail = {**before, **detail, "peakMiB": peak_mib()}
    line = {"peer": peer, "version": version, "work": args.work, "seconds": seconds, "detail": detail}
    print(json.dumps(line, allow_nan=False), file=_results, flush=True)
