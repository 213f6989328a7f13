"""Recurrent layers, each alone: the same as in layers.py."""

from build import item
from layers import OTHER_STEPS, SEQUENCE, STEPS, bools, case, table

LEFT = bools([False, True, True, True], [False, False, True, False])
NONE_LEFT = bools([True, True, True, True], [False, False, False, False])


def cell(name, units, **config):
    return item(f"{name}Cell", units=units, **config)


def penalized(prefix):
    # Keras's SimpleRNN ignores its activity_regularizer.
    of_output = {} if prefix == "simple_rnn" else {"activity_regularizer": item("L1L2", l1=0.0625, l2=0.125)}
    return {
        **of_output,
        "kernel_regularizer": item("L2", l2=0.25),
        "recurrent_regularizer": item("L1", l1=0.125),
        "bias_regularizer": item("L2", l2=0.125),
        "name": f"{prefix}_penalized",
    }


CONSTRAINED = {
    "kernel_constraint": item("MaxNorm", max_value=0.5),
    "recurrent_constraint": item("UnitNorm"),
    "bias_constraint": item("NonNeg"),
}

VARIANTS = {
    "SimpleRNN": {"relu": {"activation": "relu"}, "linear": {"activation": None}},
    "LSTM": {
        "other_activations": {"activation": "softsign", "recurrent_activation": "hard_sigmoid"},
        "without_forget_bias": {"unit_forget_bias": False, "bias_initializer": "ones"},
    },
    "GRU": {
        "reset_before": {"reset_after": False},
        "reset_before_without_bias": {"reset_after": False, "use_bias": False},
        "reset_before_sequences": {"reset_after": False, "return_sequences": True},
        "other_activations": {"activation": "softplus", "recurrent_activation": "tanh"},
    },
}

CASES = []
for name, variants in VARIANTS.items():
    low = {"SimpleRNN": "simple_rnn", "LSTM": "lstm", "GRU": "gru"}[name]

    def add(suffix, masks=None, sequence=SEQUENCE, **config):
        CASES.append(case(f"{low}{suffix}", item(name, units=3, **config), sequence, masks=masks))

    add("")
    add("_sequences", return_sequences=True)
    add("_backwards", go_backwards=True)
    add("_sequences_backwards", return_sequences=True, go_backwards=True)
    add("_unrolled", return_sequences=True, unroll=True)
    add("_without_bias", use_bias=False)
    add("_one_step", sequence=SEQUENCE[:, :1])
    add("_masked", masks=[STEPS])
    add("_masked_sequences", masks=[OTHER_STEPS], return_sequences=True)
    add("_masked_left", masks=[LEFT], return_sequences=True)
    add("_masked_all", masks=[NONE_LEFT])
    add("_masked_backwards", masks=[STEPS], return_sequences=True, go_backwards=True)
    add("_masked_to_zero", masks=[STEPS], return_sequences=True, zero_output_for_mask=True)
    add("_masked_to_zero_last", masks=[STEPS], zero_output_for_mask=True)
    add("_penalized", return_sequences=True, **penalized(low))
    add("_constrained", **CONSTRAINED)
    for suffix, config in variants.items():
        add(f"_{suffix}", **config)
    CASES.append(case(f"rnn_of_{low}_cell", item("RNN", cell=cell(name, 3)), SEQUENCE))
    CASES.append(case(f"rnn_of_{low}_cell_sequences", item("RNN", cell=cell(name, 3), return_sequences=True), SEQUENCE))

CELLS = [cell("LSTM", 3), cell("GRU", 2), cell("SimpleRNN", 4)]
STACK = item("StackedRNNCells", cells=CELLS)
CASES += [
    case("rnn_of_cells", item("RNN", cell=STACK), SEQUENCE),
    case("rnn_of_cells_sequences", item("RNN", cell=STACK, return_sequences=True, go_backwards=True), SEQUENCE),
    case("rnn_of_cells_masked", item("RNN", cell=STACK, return_sequences=True), SEQUENCE, masks=[STEPS]),
    case("rnn_of_cells_to_zero", item("RNN", cell=STACK, return_sequences=True, zero_output_for_mask=True), SEQUENCE, masks=[LEFT]),
    case("rnn_of_one_cell", item("RNN", cell=item("StackedRNNCells", cells=CELLS[1:2])), SEQUENCE),
]


def make():
    return table(CASES)
