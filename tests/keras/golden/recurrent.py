"""Recurrent layers, each alone: the same as in layers.py."""

from build import item
from layers import OTHER_STEPS, SEQUENCE, STEPS, bools, case, floats, table

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

for mode in ["concat", "sum", "mul", "ave"]:
    for sequences in [False, True]:
        layer = item("Bidirectional", merge_mode=mode, layer=item("LSTM", units=2, return_sequences=sequences))
        CASES.append(case(f"bidirectional_{mode}{'_sequences' if sequences else ''}", layer, SEQUENCE))


def both(inner, **config):
    return item("Bidirectional", layer=inner, **config)


GRU = item("GRU", units=2, return_sequences=True)
CASES += [
    case("bidirectional_masked", both(GRU), SEQUENCE, masks=[STEPS]),
    case("bidirectional_masked_last", both(item("SimpleRNN", units=2)), SEQUENCE, masks=[LEFT]),
    case("bidirectional_backwards_first", both(item("LSTM", units=2, go_backwards=True), backward_layer=item("LSTM", units=2)), SEQUENCE),
    case(
        "bidirectional_of_two",
        both(GRU, backward_layer=item("SimpleRNN", units=2, return_sequences=True, go_backwards=True, activation="relu")),
        SEQUENCE,
        masks=[OTHER_STEPS],
    ),
    case("bidirectional_of_cells", both(item("RNN", cell=STACK, return_sequences=True), merge_mode="sum"), SEQUENCE),
]


def each(inner, **config):
    return item("TimeDistributed", layer=inner, **config)


FRAMES = floats(2, 3, 4, 3, 2, seed=9)
CASES += [
    case("time_distributed_dense", each(item("Dense", units=2, activation="tanh")), SEQUENCE),
    case("time_distributed_masked", each(item("Dense", units=2, activation="tanh")), SEQUENCE, masks=[STEPS]),
    case("time_distributed_conv", each(item("Conv2D", filters=2, kernel_size=2)), FRAMES),
    case("time_distributed_lstm", each(item("LSTM", units=2)), FRAMES[..., 0]),
    case("time_distributed_statistics", each(item("BatchNormalization", momentum=0.5)), SEQUENCE),
    case("time_distributed_twice", each(each(item("Dense", units=2))), FRAMES),
]

CONV = {"filters": 2, "kernel_size": 2}
INPUTS = {1: FRAMES[:, :, :, 0], 2: FRAMES, 3: floats(1, 2, 3, 2, 3, 2, seed=10)}
for rank, x in INPUTS.items():
    low, name = f"conv_lstm{rank}d", f"ConvLSTM{rank}D"
    CASES += [
        case(low, item(name, **CONV), x),
        case(f"{low}_same_sequences", item(name, **CONV, padding="same", return_sequences=True), x),
    ]
FIRST = FRAMES.transpose(0, 1, 4, 2, 3)
CASES += [
    case("conv_lstm2d_strided", item("ConvLSTM2D", filters=2, kernel_size=[2, 1], strides=[2, 1], go_backwards=True), FRAMES),
    case("conv_lstm2d_dilated", item("ConvLSTM2D", **CONV, dilation_rate=2, unit_forget_bias=False, activation="relu"), FRAMES),
    case("conv_lstm2d_masked", item("ConvLSTM2D", **CONV, padding="same", return_sequences=True), FRAMES, masks=[STEPS[:, 1:]]),
    case("conv_lstm2d_without_bias", item("ConvLSTM2D", **CONV, padding="same", use_bias=False, **CONSTRAINED), FRAMES),
    case("bidirectional_conv_lstm1d", both(item("ConvLSTM1D", **CONV)), FRAMES[:, :, :, 0]),
]


def make():
    return table(CASES)
