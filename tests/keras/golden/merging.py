"""Layers that merge several inputs, each alone: the same as in layers.py."""

from build import item
from layers import IMAGES, ROWS, STEPS, OTHER_STEPS, TOKENS, case, floats, table

A, B, C = floats(2, 4, 3, seed=21), floats(2, 4, 3, seed=22), floats(2, 4, 3, seed=23)
ONE_STEP, PER_FEATURE = floats(2, 1, 3, seed=24), floats(2, 3, seed=25)
BOTH = [STEPS, OTHER_STEPS]

CASES = []
for merge in ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]:
    low = merge.lower()
    CASES += [
        case(low, item(merge), A, B),
        case(f"{low}_broadcast", item(merge), A, ONE_STEP),
        case(f"{low}_masked", item(merge), A, B, masks=BOTH),
        case(f"{low}_half_masked", item(merge), A, B, masks=[STEPS, None]),
        case(f"{low}_half_masked_second", item(merge), A, B, masks=[None, STEPS]),
    ]
    if merge != "Subtract":
        CASES += [case(f"{low}_three", item(merge), A, B, C), case(f"{low}_of_ranks", item(merge), A, PER_FEATURE)]
        CASES += [case(f"{low}_three_masked", item(merge), A, B, C, masks=[STEPS, OTHER_STEPS, STEPS])]

CASES += [
    case("concatenate", item("Concatenate"), A, floats(2, 4, 2, seed=26)),
    case("concatenate_steps", item("Concatenate", axis=1), A, floats(2, 2, 3, seed=27), B),
    case("concatenate_masked", item("Concatenate"), A, B, masks=BOTH),
    case("concatenate_half_masked", item("Concatenate"), A, B, masks=[None, STEPS]),
    case("concatenate_steps_masked", item("Concatenate", axis=1), A, B, masks=BOTH),
    case("concatenate_steps_half_masked", item("Concatenate", axis=1), A, B, masks=[STEPS, None]),
    case("concatenate_whole", item("Concatenate"), TOKENS, TOKENS + 1, train=False),
    case("dot", item("Dot", axes=1), ROWS, floats(3, 5, seed=28)),
    case("dot_normalized", item("Dot", axes=-1, normalize=True), ROWS, floats(3, 5, seed=28)),
    case("dot_sequences", item("Dot", axes=[2, 2]), A, floats(2, 5, 3, seed=29)),
    case("dot_sequences_first", item("Dot", axes=[1, 1], normalize=True), A, floats(2, 4, 2, seed=30)),
    case("dot_last", item("Dot", axes=-1), A, B),
    case("dot_with_rows", item("Dot", axes=[2, 1]), A, PER_FEATURE),
    case("dot_of_rows", item("Dot", axes=[1, 2]), PER_FEATURE, A),
    case("dot_images", item("Dot", axes=[3, 1]), IMAGES, floats(2, 2, 3, seed=31)),
    case("dot_masked", item("Dot", axes=[2, 2]), A, B, masks=BOTH),
]


def make():
    return table(CASES)
