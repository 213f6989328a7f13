"""The Keras peer, on one of its three backends, on the CPU.

    python bench/peers/keras_peer.py WORK --backend jax|tensorflow|torch --data DIR
        [--repeats N] [--rows N] [--threads N] [--steps-per-execution N]
"""

import os
import statistics
import sys
import time
import warnings

import peer


def add_arguments(parser):
    parser.add_argument("--backend", choices=("jax", "tensorflow", "torch"), required=True)
    parser.add_argument("--steps-per-execution", type=int, default=1, help="of compile; Keras has 1")


args = peer.options("Keras, on the CPU", add_arguments)
os.environ["KERAS_BACKEND"] = args.backend
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["JAX_PLATFORMS"] = "cpu"
warnings.filterwarnings("ignore")
if args.backend != "tensorflow":
    # Where TensorFlow is installed, fit imports it on every backend only to look for tf.data. Without it the peer
    # starts sooner and needs 400 MiB less, as for someone who installed Keras with this one backend.
    sys.modules["tensorflow"] = None
try:
    import numpy as np

    if args.backend == "tensorflow":
        with peer.quiet():
            import tensorflow as backend

            backend.get_logger().setLevel("ERROR")
            backend.config.threading.set_intra_op_parallelism_threads(args.threads)
            backend.config.threading.set_inter_op_parallelism_threads(args.threads)
            backend.zeros(1)  # the runtime also prints a message on its first operation
    elif args.backend == "jax":
        import jax as backend
    else:
        import torch as backend

        backend.set_num_threads(args.threads)
    import keras

    import keras_models as models
except (ImportError, OSError, ValueError) as error:  # a CUDA wheel of torch without its libraries raises the last two
    peer.missing(error)

keras.utils.set_random_seed(1)


def compiled(model, optimizer, accuracy):
    model.compile(
        optimizer=optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"] if accuracy else None,
        steps_per_execution=args.steps_per_execution,
    )
    return model


class EpochClock(keras.callbacks.Callback):
    """Seconds from one epoch's end to the next's: with the shuffle, without fit's set-up and the first epoch."""

    def __init__(self):
        super().__init__()
        self.ends, self.losses = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs["loss"]))
        self.ends.append(time.perf_counter())

    def seconds(self):
        return [b - a for a, b in zip(self.ends, self.ends[1:])]


def epoch_work(model, image_shape=None):
    x, y, x_test, y_test = peer.mnist(args.data, args.rows)
    if image_shape:
        x, x_test = x.reshape(-1, *image_shape), x_test.reshape(-1, *image_shape)
    clock = EpochClock()
    model.fit(x, y, batch_size=128, epochs=1 + args.repeats, verbose=0, callbacks=[clock])
    accuracy = float(np.mean(model.predict(x_test, batch_size=1000, verbose=0).argmax(1) == y_test))
    seconds, detail = peer.epoch_detail(args, clock.seconds(), 1 + args.repeats, clock.losses[-1], accuracy)
    return seconds, {**detail, "stepsPerExecution": args.steps_per_execution}


def mlp_epoch():
    return epoch_work(compiled(models.mlp(512), "rmsprop", args.accuracy))


def convnet_epoch():
    return epoch_work(compiled(models.convnet(), "adam", args.accuracy), (28, 28, 1))


def lstm_epoch():
    return epoch_work(compiled(models.lstm(), "adam", args.accuracy), (28, 28))


def encoder_step():
    x, y = peer.encoder_data()
    model = compiled(models.encoder(**peer.ENCODER), "adam", args.accuracy)
    clock = EpochClock()
    model.fit(x, y, batch_size=peer.ENCODER["batch"], epochs=1 + args.repeats, verbose=0, callbacks=[clock])
    return peer.steps_detail(clock.seconds(), peer.ENCODER["batch"], peer.ENCODER["batches"])


def example_step(model, data, target=None):
    """The seconds of a step of an example's model: those of an epoch by its steps."""
    batch = peer.EXAMPLES[args.work]
    clock = EpochClock()
    model.fit(data, target, batch_size=batch, epochs=1 + args.repeats, verbose=0, callbacks=[clock])
    return peer.steps_detail(clock.seconds(), batch, peer.EXAMPLE_BATCHES)


def unet_step():
    x, y = peer.pictures(args.work)
    return example_step(compiled(models.unet(), "adam", args.accuracy), x, y)


def dcgan_step():
    model = models.Dcgan()
    model.compile()
    return example_step(model, peer.digits(args.work))


def autoencoder_step():
    model = models.autoencoder()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    digits = peer.digits(args.work)
    return example_step(model, digits, digits)


def mlp_small_step():
    rows = min(args.steps * 32, peer.EPOCH_ROWS)
    steps = -(-rows // 32)
    x, y, _, _ = peer.mnist(args.data, rows)

    model = compiled(models.mlp(128), "adam", args.accuracy)
    clock = EpochClock()
    model.fit(x, y, batch_size=32, epochs=1 + args.repeats, verbose=0, callbacks=[clock])
    seconds = [s / steps for s in clock.seconds()]

    model = compiled(models.mlp(128), "adam", args.accuracy)
    for i in range(20):
        model.train_on_batch(x[32 * i : 32 * i + 32], y[32 * i : 32 * i + 32])
    one = iter(range(steps))

    def train_on_batch():
        i = next(one)
        model.train_on_batch(x[32 * i : 32 * i + 32], y[32 * i : 32 * i + 32])

    on_batch, _ = peer.median_call(train_on_batch, steps)
    return seconds, {
        "batch": 32,
        "stepsEachRepeat": steps,
        "stepsPerExecution": args.steps_per_execution,
        "how": "fit: seconds of an epoch by its steps",
        "medianMs": statistics.median(seconds) * 1e3,
        "trainOnBatchMedianMs": on_batch * 1e3,
    }


def predict_one():
    model = models.mlp(128)
    row = peer.random_row(1)

    def predict_on_batch():
        return model.predict_on_batch(row)

    def call():
        return keras.ops.convert_to_numpy(model(row, training=False))

    def predict():
        return model.predict(row, verbose=0)

    # The main figure makes every requested call; the slower variants stop after a few seconds.
    medians, counts = {}, {}
    for name, way in (("call", call), ("predict", predict)):
        peer.median_call(way, 20)
        medians[name], counts[name] = peer.median_call(way, args.calls, budget_seconds=4)
    peer.median_call(predict_on_batch, args.calls)
    seconds = [peer.median_call(predict_on_batch, args.calls)[0] for _ in range(args.repeats)]
    assert abs(float(np.sum(predict_on_batch())) - 1) < 1e-5
    return seconds, {
        "callsEachRepeat": args.calls,
        "how": "predict_on_batch",
        "medianUs": statistics.median(seconds) * 1e6,
        "modelCallMedianUs": medians["call"] * 1e6,
        "modelCallCalls": counts["call"],
        "predictMedianUs": medians["predict"] * 1e6,
        "predictCalls": counts["predict"],
    }


def generate():
    model, length, temperature, k = models.character_model(), 64, 0.8, 10
    random = np.random.default_rng(1)

    def write():
        text = [1]
        while len(text) < length:
            padded = np.zeros((1, length), "int32")
            padded[0, : len(text)] = text
            # The one of predict, predict_on_batch and a call of the model that takes the least time for one row.
            logits = np.asarray(model.predict_on_batch(padded))[0, len(text) - 1] / temperature
            top = np.argsort(logits)[-k:]
            weights = np.exp(logits[top] - logits[top].max())
            text.append(int(random.choice(top, p=weights / weights.sum())))
        return text

    write()
    texts = -(-args.calls // 100)
    seconds = [peer.median_call(write, texts)[0] / (length - 1) for _ in range(args.repeats)]
    return seconds, {"tokens": length - 1, "how": "predict_on_batch of the whole text for each character"}


def load_model():
    def load():
        return keras.models.load_model(args.file)

    return [peer.median_call(load, 1)[0] for _ in range(args.repeats)], {"how": "keras.models.load_model"}


def save_model():
    model = keras.models.load_model(args.file)
    # Where Ceratops writes too, under another name.
    target = f"{args.file}.{args.backend}.keras"
    return [peer.median_call(lambda: model.save(target), 1)[0] for _ in range(args.repeats)], {"how": "model.save"}


def predict_model():
    """Predictions by the faster of model.predict and a call of the model that TensorFlow compiled."""
    model = keras.models.load_model(args.file, compile=False)
    x = peer.images(args.batch, model.input_shape[1:])
    compiled_call = backend.function(lambda images: model(images, training=False))
    given = backend.constant(x)
    ways = {
        "model.predict": lambda: model.predict(x, batch_size=args.batch, verbose=0),
        "tf.function": lambda: compiled_call(given).numpy(),
    }
    seconds = {}
    for name, way in ways.items():
        way()
        answer = peer.answer(way())
        seconds[name] = [peer.median_call(way, 1)[0] for _ in range(args.repeats)]
    fastest = min(ways, key=lambda name: statistics.median(seconds[name]))
    return seconds[fastest], {"batch": args.batch, "answer": answer, "how": fastest}


def model_from_json():
    with open(args.file) as file:
        text = file.read()
    start = time.perf_counter()
    model = keras.models.model_from_json(text)
    model.predict(peer.images(1, model.input_shape[1:]), verbose=0)
    return [time.perf_counter() - start], {"how": "model_from_json, model.predict"}


def mlp_process():
    args.accuracy = True  # evaluate needs the metric
    x, y, x_test, y_test = peer.mnist(args.data)
    model = compiled(models.mlp(512), "rmsprop", True)
    history = model.fit(x, y, batch_size=128, epochs=5, verbose=0)
    scores = model.evaluate(x_test, y_test, batch_size=128, verbose=0, return_dict=True)
    return [time.perf_counter() - peer.STARTED], {
        "batch": 128,
        "epochsTrained": 5,
        "trainLoss": float(history.history["loss"][-1]),
        "testAccuracy": float(scores["accuracy"]),
    }


seconds, detail = globals()[args.work]()
version = f"{keras.__version__} ({args.backend} {backend.__version__})"
peer.result(f"keras-{args.backend}", version, args, seconds, detail)
