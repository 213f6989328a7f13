"""What compile and fit are given, at random, and heads of models that suit: a loss of every kind, with metrics and optimizers.

Left at their defaults are options that Keras does not write into configs: `delta` of Huber, `axis` of CosineSimilarity.
IoUs count in float32, since in Keras's int64 the weights of samples lose their fractions.
"""

import json

import keras
import numpy as np
from keras import Model, layers, losses, metrics, optimizers
from keras.optimizers import schedules

ROWS = 7
REDUCTIONS = ["sum_over_batch_size", "sum_over_batch_size", "sum", "mean_with_sample_weight"]


def learning_rate(r):
    rate = r.number(0.002, 0.05)
    made = [
        schedules.ExponentialDecay(rate, 2, 0.5, staircase=r.maybe()),
        schedules.InverseTimeDecay(rate, 2, 0.5, staircase=r.maybe()),
        schedules.PiecewiseConstantDecay([2, 4], [rate, rate / 2, rate / 4]),
        schedules.PolynomialDecay(rate, 3, rate / 10, power=r.one(1.0, 2.0), cycle=r.maybe()),
        schedules.CosineDecay(rate, 4, alpha=0.1),
        schedules.CosineDecay(0.001, 4, alpha=0.1, warmup_target=rate, warmup_steps=2),
        schedules.CosineDecayRestarts(rate, 2, alpha=0.1),
    ]
    return r.one(*made) if r.maybe(0.3) else rate


def optimizer(r, sparse=False):
    """`sparse` gradients are those of an Embedding on TensorFlow, which squares each occurrence of a row by itself."""
    more = {"learning_rate": learning_rate(r)}
    if sparse:
        return optimizers.SGD(momentum=r.one(0.0, 0.9), nesterov=r.maybe(), **more)
    if r.maybe(0.2):
        more["weight_decay"] = r.number(0.001, 0.1)
    if r.maybe(0.3):
        more[r.one("clipnorm", "clipvalue", "global_clipnorm")] = r.number(0.05, 1)
    if r.maybe(0.15):
        more.update(use_ema=True, ema_momentum=r.number(0.3, 0.99), ema_overwrite_frequency=r.one(None, 2))
    if r.maybe(0.15):
        more["gradient_accumulation_steps"] = r.whole(2, 3)
    betas = {"beta_1": r.number(0.7, 0.95), "beta_2": r.number(0.9, 0.999), "epsilon": r.one(1e-7, 1e-4)}
    makers = [
        lambda: optimizers.SGD(momentum=r.one(0.0, 0.0, 0.9), nesterov=r.maybe(), **more),
        lambda: optimizers.Adam(amsgrad=r.maybe(), **betas, **more),
        lambda: optimizers.AdamW(amsgrad=r.maybe(), **betas, **{"weight_decay": 0.004, **more}),
        lambda: optimizers.Adamax(**betas, **more),
        lambda: optimizers.Nadam(**betas, **more),
        lambda: optimizers.Lamb(**betas, **more),
        lambda: optimizers.RMSprop(rho=r.number(0.5, 0.95), momentum=r.one(0.0, 0.5), centered=r.maybe(), epsilon=1e-4, **more),
        lambda: optimizers.Adagrad(initial_accumulator_value=r.number(0, 0.2), epsilon=r.one(1e-7, 1e-3), **more),
        lambda: optimizers.Adadelta(rho=r.number(0.5, 0.95), epsilon=r.one(1e-6, 1e-3), **more),
        lambda: optimizers.Adafactor(relative_step=r.maybe(), **more),
        lambda: optimizers.Lion(beta_1=r.number(0.7, 0.95), beta_2=r.number(0.9, 0.999), **more),
        lambda: optimizers.Ftrl(l1_regularization_strength=r.one(0.0, 0.01), l2_regularization_strength=r.one(0.0, 0.01), beta=r.one(0.0, 0.1), **more),
    ]
    return r.one(*makers)()


MEASURES = ["mae", "mse", "mape", "msle", "MeanSquaredError", "mean_absolute_error", "RootMeanSquaredError", "R2Score", "LogCoshError", "cosine_similarity", "CosineSimilarity", "PearsonCorrelation", "ConcordanceCorrelation", "huber", "log_cosh"]


def measured(r):
    made = [metrics.R2Score(r.one("uniform_average", "variance_weighted_average")), metrics.MeanMetricWrapper(keras.losses.mean_squared_error, name="wrapped"), metrics.RootMeanSquaredError(), metrics.MeanAbsolutePercentageError()]
    return [r.one(*MEASURES, *made) for _ in range(r.whole(0, 3))]


def binary_metrics(r):
    at = lambda kind: kind(r.number(0.2, 0.8), num_thresholds=r.one(5, 200))
    made = [
        metrics.AUC(num_thresholds=r.one(5, 50, 200), curve=r.one("ROC", "PR"), summation_method=r.one("interpolation", "minoring", "majoring")),
        metrics.AUC(thresholds=[0.2, 0.5, 0.7]),
        metrics.Precision(r.one(None, 0.3, [0.2, 0.6])),
        metrics.Recall(r.one(None, 0.3, [0.2, 0.6])),
        metrics.TruePositives(0.4),
        metrics.TrueNegatives([0.4, 0.6]),
        metrics.FalsePositives(),
        metrics.FalseNegatives(0.6),
        at(metrics.SensitivityAtSpecificity),
        at(metrics.SpecificityAtSensitivity),
        at(metrics.PrecisionAtRecall),
        at(metrics.RecallAtPrecision),
        metrics.BinaryAccuracy(threshold=r.number(0.3, 0.7)),
        metrics.BinaryCrossentropy(label_smoothing=r.one(0, 0.1)),
        metrics.BinaryIoU([0, 1], threshold=0.4, dtype="float32"),
        metrics.F1Score(average=r.one(None, "micro", "macro", "weighted"), threshold=r.one(None, 0.4)),
        metrics.FBetaScore(average=r.one(None, "micro", "macro", "weighted"), beta=0.5, threshold=0.5),
    ]
    return [r.one("accuracy", "acc", "AUC", "Precision", "binary_accuracy", "binary_crossentropy", "hinge", *made) for _ in range(r.whole(0, 3))]


def class_metrics(r, classes, sparse):
    if sparse:
        made = [metrics.SparseTopKCategoricalAccuracy(r.whole(1, classes)), metrics.SparseCategoricalCrossentropy(), metrics.IoU(classes, [0], sparse_y_pred=False, dtype="float32"), metrics.MeanIoU(classes, sparse_y_pred=False, dtype="float32")]
        return [r.one("accuracy", "acc", "sparse_categorical_crossentropy", "sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy", *made) for _ in range(r.whole(0, 3))]
    made = [
        metrics.TopKCategoricalAccuracy(r.whole(1, classes)),
        metrics.CategoricalCrossentropy(label_smoothing=0.1),
        metrics.OneHotIoU(classes, [0, classes - 1], dtype="float32"),
        metrics.OneHotMeanIoU(classes, dtype="float32"),
        metrics.AUC(multi_label=True, num_labels=classes, num_thresholds=20),
        metrics.Precision(top_k=r.whole(1, classes)),
        metrics.Recall(class_id=0),
        metrics.F1Score(average=r.one(None, "micro", "macro", "weighted")),
        metrics.CategoricalHinge(),
        metrics.KLDivergence(),
        metrics.Poisson(),
    ]
    return [r.one("accuracy", "acc", "categorical_crossentropy", "categorical_accuracy", "kl_divergence", "top_k_categorical_accuracy", *made) for _ in range(r.whole(0, 3))]


def reduced(r, kind, **options):
    return kind(reduction=r.one(*REDUCTIONS), **options)


def task(r, draw):
    """A head, with targets for a shape, a loss and metrics: `(units, activation, targets, loss, metrics, takes class weights)`."""
    numbers = lambda shape: draw.normal(0, 1, shape).astype("float32")
    parts = lambda shape: draw.uniform(0.05, 0.95, shape).astype("float32")
    bits = lambda shape: draw.randint(0, 2, shape).astype("float32")
    units = r.whole(1, 4)
    classes = r.whole(2, 5)
    one_hot = lambda shape: np.eye(classes, dtype="float32")[draw.randint(0, classes, shape[:-1])]
    sparse = lambda shape: draw.randint(0, classes, shape[:-1]).astype("int32")
    smoothing = r.one(0.0, 0.1)
    logits = r.maybe(0.3)
    soft, hard = (None, None) if logits else ("softmax", "sigmoid")
    regression = [
        *["mse", "mae", "mape", "huber", "log_cosh", "mean_squared_error", "cosine_similarity"],
        *[reduced(r, kind) for kind in (losses.MeanSquaredError, losses.MeanAbsoluteError, losses.MeanAbsolutePercentageError, losses.LogCosh, losses.CosineSimilarity)],
        reduced(r, losses.Huber),
        losses.CosineSimilarity(),
    ]
    # The cosine of one number is its sign, so that its gradient is nothing but rounding.
    wide = units + 1
    positive = ["msle", "poisson", "kl_divergence", *[reduced(r, kind) for kind in (losses.MeanSquaredLogarithmicError, losses.Poisson, losses.KLDivergence)]]
    signed = ["hinge", "squared_hinge", reduced(r, losses.Hinge), reduced(r, losses.SquaredHinge)]
    binary = [
        reduced(r, losses.BinaryCrossentropy, from_logits=logits, label_smoothing=smoothing),
        reduced(r, losses.BinaryFocalCrossentropy, from_logits=logits, label_smoothing=smoothing, apply_class_balancing=r.maybe(), gamma=r.number(1, 3)),
        *([] if logits else ["binary_crossentropy", "binary_focal_crossentropy", "dice", losses.Dice(axis=r.one(None, -1)), losses.Tversky(0.3, 0.7), reduced(r, losses.Dice)]),
    ]
    several = [
        reduced(r, losses.CategoricalCrossentropy, from_logits=logits, label_smoothing=smoothing),
        reduced(r, losses.CategoricalFocalCrossentropy, from_logits=logits, label_smoothing=smoothing, gamma=r.number(1, 3)),
        *([] if logits else ["categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", reduced(r, losses.CategoricalHinge)]),
    ]
    coded = [
        reduced(r, losses.SparseCategoricalCrossentropy, from_logits=logits, ignore_class=r.one(None, None, 0)),
        *([] if logits else ["sparse_categorical_crossentropy", losses.CategoricalGeneralizedCrossEntropy(r.number(0.2, 0.8))]),
    ]
    kinds = [
        (wide, None, numbers, r.one(*regression), measured(r), False),
        (wide, None, numbers, r.one(*regression), measured(r), False),
        (units, r.one("softplus", "sigmoid"), parts, r.one(*positive), measured(r), False),
        (units, "tanh", bits, r.one(*signed), measured(r), False),
        (units, hard, bits, r.one(*binary), binary_metrics(r), units == 1),
        (classes, soft, one_hot, r.one(*several), [] if logits else class_metrics(r, classes, False), True),
        (classes, soft, sparse, r.one(*coded), [] if logits else class_metrics(r, classes, True), True),
        (units, None, lambda shape: draw.randint(0, 3, shape[:1]).astype("int32"), losses.Circle(r.number(20, 60), r.number(0.1, 0.4)), [], False),
    ]
    return r.one(*kinds)


def with_head(r, model, units, activation, flat):
    """The model with outputs of `units` numbers, for each sample or, unless `flat`, for each of its steps."""
    x = model.outputs[-1]
    if x.dtype != "float32":
        x = keras.ops.cast(x, "float32")
    if len(x.shape) > 3 or (len(x.shape) == 3 and (flat or r.maybe(0.6))):
        x = layers.Flatten()(x)
    return Model(model.inputs if len(model.inputs) > 1 else model.inputs[0], layers.Dense(units, activation, name="head")(layers.Activation("softsign")(x)))


def followed(model, x, y, options):
    """What becomes of a compiled model: its evaluations before and after training, the history, and its weights."""
    weight = options.get("sample_weight")
    test = {"batch_size": options["batch_size"], "verbose": 0, "return_dict": True, "sample_weight": weight}
    return {
        "evaluated": model.evaluate(x, y, **test),
        "history": model.fit(x, y, **options).history,
        "evaluated_after": model.evaluate(x, y, **test),
        "weights_after": model.get_weights(),
    }


def trained(r, model, seed, data_for, weights_for):
    """The case of a training: the compiled model with its data, and what became of it."""
    draw = np.random.RandomState(seed)
    units, activation, targets, loss, measures, by_class = task(r, draw)
    model = with_head(r, model, units, activation, isinstance(loss, losses.Circle))
    several = len(model.outputs[0].shape) > 2
    sparse = keras.backend.backend() == "tensorflow" and any(tensor.dtype == "int32" for tensor in model.inputs)
    weighted = measures if r.maybe(0.3) else []
    settings = {"optimizer": optimizer(r, sparse), "loss": loss, "metrics": [] if weighted else measures, "weighted_metrics": weighted or None}
    if r.maybe(0.1):
        settings["loss_weights"] = r.number(0.2, 2)
    model.compile(run_eagerly=True, **settings)
    x = [data_for(tensor, seed + i, ROWS) for i, tensor in enumerate(model.inputs)]
    x = x if len(x) > 1 else x[0]
    y = targets((ROWS, *model.outputs[0].shape[1:]))
    options = {"batch_size": r.one(3, 4, 7), "epochs": 2, "shuffle": False, "verbose": 0}
    # Of outputs with steps Keras's metrics of thresholds take no weights of samples.
    if r.maybe(0.3) and not several:
        options["sample_weight"] = draw.uniform(0.2, 2, (ROWS,)).astype("float32")
    elif by_class and not several and r.maybe(0.4):
        options["class_weight"] = {0: 0.5, 1: 2.0}
    initial = weights_for(model, seed)
    model.set_weights(initial)
    described = json.loads(model.to_json())
    return {
        "json": described,
        "weights": initial,
        "inputs": x if isinstance(x, list) else [x],
        "targets": y,
        "options": options,
        **followed(model, x, y, options),
    }
