"""Layers that pool, each alone: the same as in layers.py."""

from build import item
from layers import STEPS, case, floats, table

# No two elements are equal, so that every maximum is one element.
STEPS_IN = floats(2, 7, 3, seed=41, low=-2048, high=2048)
PIXELS_IN = floats(2, 5, 6, 2, seed=42, low=-2048, high=2048)
VOXELS_IN = floats(1, 3, 4, 5, 2, seed=43, low=-2048, high=2048)
INPUTS = {1: STEPS_IN, 2: PIXELS_IN, 3: VOXELS_IN}
UNEVEN = {1: [3], 2: [2, 3], 3: [1, 3, 2]}
SIZES = {1: [3], 2: [2, 3], 3: [2, 3, 2]}
STRIDES = {1: [2], 2: [1, 2], 3: [2, 1, 3]}

CASES = []
for kind in ["Max", "Average"]:
    for rank, x in INPUTS.items():
        name, layer = f"{kind.lower()}_pooling{rank}d", f"{kind}Pooling{rank}D"
        sizes = {"pool_size": UNEVEN[rank], "strides": STRIDES[rank]}
        CASES += [
            case(name, item(layer, pool_size=2), x),
            case(f"{name}_same", item(layer, pool_size=2, padding="same"), x),
            case(f"{name}_uneven", item(layer, **sizes), x),
            case(f"{name}_uneven_same", item(layer, **sizes, padding="same"), x),
            case(f"{name}_first", item(layer, pool_size=2, strides=1, data_format="channels_first"), x),
            case(f"{name}_first_same", item(layer, **sizes, padding="same", data_format="channels_first"), x),
            case(f"global_{name}", item(f"Global{layer}"), x),
            case(f"global_{name}_kept", item(f"Global{layer}", keepdims=True), x),
            case(f"global_{name}_first", item(f"Global{layer}", data_format="channels_first"), x),
        ]
for kind in ["Max", "Average"]:
    for rank, x in INPUTS.items():
        name, layer = f"adaptive_{kind.lower()}_pooling{rank}d", f"Adaptive{kind}Pooling{rank}D"
        CASES += [
            case(name, item(layer, output_size=2), x),
            case(f"{name}_uneven", item(layer, output_size=SIZES[rank]), x),
            case(f"{name}_first", item(layer, output_size=2, data_format="channels_first"), x),
        ]
CASES += [
    case("max_pooling2d_masked", item("MaxPooling1D", pool_size=2), floats(2, 4, 3, seed=44), masks=[STEPS]),
    case("global_max_masked", item("GlobalMaxPooling1D"), floats(2, 4, 3, seed=44), masks=[STEPS]),
    case("global_average_masked", item("GlobalAveragePooling1D"), floats(2, 4, 3, seed=44), masks=[STEPS]),
    case(
        "global_average_masked_first",
        item("GlobalAveragePooling1D", data_format="channels_first", keepdims=True),
        floats(2, 3, 4, seed=45),
        masks=[STEPS],
    ),
]


def make():
    return table(CASES)
