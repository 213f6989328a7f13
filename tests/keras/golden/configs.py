"""The JSON configs of layers, models, optimizers, losses and activations."""

import json

import keras
from keras.src.activations import ALL_OBJECTS_DICT as ACTIVATIONS
from keras.src.losses import ALL_OBJECTS_DICT as LOSSES
from keras.src.optimizers import ALL_OBJECTS_DICT as OPTIMIZERS

from build import create, dense, inputs, item, sequential
from encode import plain

LAYERS = [
    ("input", item("InputLayer", shape=[28, 28])),
    ("input_uint8", item("InputLayer", shape=[28, 28], dtype="uint8", name="pixels")),
    ("input_batch_shape", item("InputLayer", batch_shape=[32, 4])),
    ("dense", item("Dense", units=10)),
    ("dense_activation", item("Dense", units=10, activation="softmax", name="head")),
    (
        "dense_all",
        item(
            "Dense",
            units=7,
            activation="relu",
            use_bias=False,
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l1l2",
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
            name="all",
            trainable=False,
        ),
    ),
    ("activation", item("Activation", activation="relu")),
    ("activation_softmax", item("Activation", activation="softmax", name="probabilities")),
    ("dropout", item("Dropout", rate=0.5)),
    ("dropout_all", item("Dropout", rate=0.25, noise_shape=[None, 1], seed=7)),
    ("flatten", item("Flatten")),
    ("flatten_channels_first", item("Flatten", data_format="channels_first")),
    ("reshape", item("Reshape", target_shape=[7, -1])),
    ("rescaling", item("Rescaling", scale=1 / 255)),
    ("rescaling_offset", item("Rescaling", scale=1 / 127.5, offset=-1)),
]

# What the built layers add to a config depends on the shape they were built with.
MLP = [inputs(28, 28, dtype="uint8"), item("Rescaling", scale=1 / 255), item("Flatten"), dense(512, "relu"), dense(10, "softmax")]
EVERY = [
    inputs(6),
    item("Reshape", target_shape=[3, 2]),
    item("Flatten"),
    dense(8, kernel_initializer="he_uniform", kernel_regularizer="l2"),
    item("Activation", activation="relu"),
    item("Dropout", rate=0.5),
    dense(8, "gelu"),
    item("Dropout", rate=0.25),
    dense(3, "softmax", name="head"),
]

SPARSE = "sparse_categorical_crossentropy"

MODELS = [
    ("mlp", MLP, None),
    ("mlp_compiled", MLP, {"optimizer": "rmsprop", "loss": SPARSE, "metrics": ["accuracy"]}),
    ("every_layer", EVERY, None),
    (
        "every_layer_compiled",
        EVERY,
        {
            "optimizer": item("Adam", learning_rate=0.01),
            "loss": item("SparseCategoricalCrossentropy", from_logits=True),
            "metrics": ["accuracy", "mse"],
        },
    ),
    ("unbuilt", [dense(4, "relu"), dense(2)], None),
    ("empty", [], None),
]

OPTIMIZER_CASES = [
    ("sgd", item("SGD")),
    ("sgd_all", item("SGD", learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=0.01, clipnorm=1.0)),
    ("rmsprop", item("RMSprop")),
    ("rmsprop_all", item("RMSprop", learning_rate=0.1, rho=0.8, momentum=0.5, epsilon=1e-6, centered=True, clipvalue=0.5)),
    ("adam", item("Adam")),
    ("adam_all", item("Adam", learning_rate=0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-6, amsgrad=True, global_clipnorm=1.0)),
    ("adamw", item("AdamW")),
    ("adagrad", item("Adagrad", initial_accumulator_value=0.5)),
    ("adadelta", item("Adadelta", rho=0.9, use_ema=True, ema_overwrite_frequency=5)),
    ("adamax", item("Adamax", gradient_accumulation_steps=4)),
    ("nadam", item("Nadam", beta_1=0.8)),
    ("lion", item("Lion", weight_decay=0.1)),
    ("ftrl", item("Ftrl", beta=0.5, l1_regularization_strength=0.25)),
    ("lamb", item("Lamb", clipnorm=1.0)),
    ("adafactor", item("Adafactor", relative_step=False)),
    ("sgd_scaled", item("SGD", loss_scale_factor=128.0, clipvalue=0.5)),
    ("adamw_all", item("AdamW", learning_rate=0.1, weight_decay=0.01, use_ema=True, ema_momentum=0.9, name="decayed")),
]

LOSS_CASES = [
    ("mean_squared_error", item("MeanSquaredError")),
    ("mean_absolute_error", item("MeanAbsoluteError", reduction="sum", name="mine")),
    ("binary_crossentropy", item("BinaryCrossentropy")),
    ("binary_crossentropy_all", item("BinaryCrossentropy", from_logits=True, label_smoothing=0.1, axis=1, reduction=None)),
    ("categorical_crossentropy", item("CategoricalCrossentropy")),
    ("categorical_crossentropy_all", item("CategoricalCrossentropy", from_logits=True, label_smoothing=0.1)),
    ("sparse_categorical_crossentropy", item("SparseCategoricalCrossentropy")),
    ("sparse_categorical_crossentropy_all", item("SparseCategoricalCrossentropy", from_logits=True, ignore_class=-1)),
    ("mean_absolute_percentage_error", item("MeanAbsolutePercentageError")),
    ("mean_squared_logarithmic_error", item("MeanSquaredLogarithmicError", reduction="mean")),
    ("huber", item("Huber")),
    ("log_cosh", item("LogCosh", reduction="mean_with_sample_weight")),
    ("hinge", item("Hinge")),
    ("squared_hinge", item("SquaredHinge", name="squares")),
    ("categorical_hinge", item("CategoricalHinge")),
    ("kl_divergence", item("KLDivergence")),
    ("poisson", item("Poisson")),
    ("cosine_similarity", item("CosineSimilarity")),
    ("dice", item("Dice")),
    ("tversky", item("Tversky", alpha=0.25, beta=0.75)),
    ("binary_focal_crossentropy", item("BinaryFocalCrossentropy")),
    (
        "binary_focal_crossentropy_all",
        item("BinaryFocalCrossentropy", apply_class_balancing=True, alpha=0.5, gamma=1.0, from_logits=True, label_smoothing=0.1),
    ),
    ("categorical_focal_crossentropy", item("CategoricalFocalCrossentropy", alpha=0.5, gamma=1.0)),
]

LOSS_CASES += [
    ("circle", item("Circle", gamma=64.0, remove_diagonal=False)),
    ("ctc", item("CTC", reduction="sum")),
    ("generalized", item("CategoricalGeneralizedCrossEntropy", q=0.25)),
]

METRIC_CASES = [
    ("binary_accuracy", item("BinaryAccuracy")),
    ("categorical_accuracy", item("CategoricalAccuracy")),
    ("sparse_categorical_accuracy", item("SparseCategoricalAccuracy", name="accuracy")),
    ("mean", item("Mean")),
]


def configured(name, spec, module):
    keras.backend.clear_session()
    made = create(module, spec)
    serialized = keras.saving.serialize_keras_object(made)
    same(serialized["config"], made.get_config())
    return {"name": name, **spec, "serialized": serialized}


def same(one, other):
    """A config inside a saved object is its `get_config()`, so one of them is kept."""
    assert json.dumps(plain(one)) == json.dumps(plain(other)), (one, other)


def model_case(name, layers, compile_arguments):
    model = sequential(layers)
    if compile_arguments:
        model.compile(
            optimizer=create(keras.optimizers, compile_arguments["optimizer"]),
            loss=create(keras.losses, compile_arguments["loss"]),
            metrics=compile_arguments["metrics"],
        )
    saved = json.loads(model.to_json())
    same(saved["config"], model.get_config())
    same(saved["compile_config"], model.get_compile_config())
    return {
        "name": name,
        "layers": layers,
        "compile": compile_arguments,
        "json": saved,
        "layer_names": [layer.name for layer in model.layers],
        "weights": [{"path": w.path, "shape": tuple(w.shape)} for w in model.weights],
    }


def raw_json():
    """`to_json` as text, for its separators and key order."""
    return sequential([inputs(4), dense(2, "softmax")]).to_json()


def identifiers(table):
    return {name: table[name].__name__ for name in sorted(table)}


def make():
    return {
        "layers": [configured(*row, keras.layers) for row in LAYERS],
        "models": [model_case(*row) for row in MODELS],
        "to_json_text": raw_json(),
        "optimizers": [configured(*row, keras.optimizers) for row in OPTIMIZER_CASES],
        "losses": [configured(*row, keras.losses) for row in LOSS_CASES],
        "metrics": [configured(*row, keras.metrics) for row in METRIC_CASES],
        "identifiers": {
            "activations": identifiers(ACTIVATIONS),
            "losses": identifiers(LOSSES),
            "optimizers": identifiers(OPTIMIZERS),
        },
    }
