"""What `serialize` of each family writes, and what `get` and `deserialize` read again."""

import keras

CASES = {
    "activations": ["relu", "swish", "log_softmax"],
    "initializers": [
        ("Constant", [0.5], {}),
        ("GlorotUniform", [], {"seed": 3}),
        ("RandomNormal", [], {"stddev": 0.25, "seed": 1}),
        ("VarianceScaling", [], {"scale": 2.0, "mode": "fan_out", "seed": 7}),
        ("Zeros", [], {}),
    ],
    "regularizers": [("L2", [0.5], {}), ("L1L2", [], {"l1": 0.25, "l2": 0.5}), ("OrthogonalRegularizer", [], {"factor": 0.5, "mode": "columns"})],
    "constraints": [("MaxNorm", [3], {"axis": 1}), ("MinMaxNorm", [], {"min_value": 0.5, "rate": 0.25}), ("NonNeg", [], {}), ("UnitNorm", [], {"axis": 1})],
    "losses": [("MeanSquaredError", [], {}), ("SparseCategoricalCrossentropy", [], {"from_logits": True}), ("CategoricalFocalCrossentropy", [], {"gamma": 1.5})],
    "metrics": [("AUC", [], {"curve": "PR", "name": "area"}), ("TopKCategoricalAccuracy", [], {"k": 3}), ("Mean", [], {"name": "mean"})],
    "optimizers": [("Adam", [], {"learning_rate": 0.25}), ("SGD", [], {"learning_rate": 0.5, "momentum": 0.75, "nesterov": True})],
    "schedules": [("ExponentialDecay", [], {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.75}), ("CosineDecay", [], {"initial_learning_rate": 0.5, "decay_steps": 100, "alpha": 0.25})],
    "layers": [("Dense", [3], {"activation": "relu", "name": "inner"}), ("Dropout", [0.25], {"name": "drop"})],
}
FUNCTIONS = {"losses": ["mean_squared_error", "kl_divergence"], "metrics": ["binary_accuracy"]}


def module(family):
    return keras.optimizers.schedules if family == "schedules" else getattr(keras, family)


def make():
    cases = []
    for family, made in CASES.items():
        of = module(family)
        for item in made:
            if isinstance(item, str):
                cases.append({"family": family, "identifier": item, "node": of.serialize(of.get(item))})
                continue
            name, args, options = item
            node = of.serialize(getattr(of, name)(*args, **options))
            cases.append({"family": family, "class": name, "args": args, "options": options, "node": node})
    for family, names in FUNCTIONS.items():
        for name in names:
            of = module(family)
            cases.append({"family": family, "function": name, "node": of.serialize(getattr(of, name))})
    return {"cases": cases}
