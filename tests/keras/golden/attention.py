"""Layers of attention and their parts, each alone: the same as in layers.py."""

import numpy as np

from build import item
from layers import SEQUENCE, STEPS, TOKENS, bools, case, floats, table

QUERY = floats(2, 4, 3, seed=21)
VALUE = floats(2, 5, 3, seed=22)
KEY = floats(2, 5, 3, seed=23)
WIDE = floats(2, 5, 6, seed=24)
IMAGE = floats(2, 2, 3, 4, seed=25)
KEYS = bools([True, True, False, True, False], [False, True, True, False, False])
OTHER_KEYS = bools([True, True, True, False, False], [True, True, False, False, True])
SEEN = bools(
    *[[True, False, True, True, False], [False, True, True, False, True], [True, True, True, True, True]],
    *[[False, False, False, False, False], [True, True, False, False, True], [True, False, False, False, False]],
    *[[True, True, True, False, True], [False, False, True, True, False]],
).reshape(2, 4, 5)
OF_HEADS = np.stack([SEEN, ~SEEN], axis=1)
CAUSAL = {"use_causal_mask": True}
SCORES = {"return_attention_scores": True}

PENALIZED = {
    "kernel_regularizer": item("L2", l2=0.25),
    "bias_regularizer": item("L1", l1=0.125),
    "activity_regularizer": item("L2", l2=0.0625),
}
CONSTRAINED = {
    "kernel_initializer": "he_uniform",
    "bias_initializer": "ones",
    "kernel_constraint": item("MaxNorm", max_value=0.5),
    "bias_constraint": item("NonNeg"),
}


def einsum(title, equation, output_shape, *inputs, **config):
    layer = item("EinsumDense", equation=equation, output_shape=output_shape, **config)
    return case(f"einsum_dense_{title}", layer, *inputs)


def heads(title, *inputs, masks=None, names=("value",), call=None, train=True, **config):
    layer = item("MultiHeadAttention", **{"num_heads": 2, "key_dim": 3, **config})
    return case(f"multi_head_{title}", layer, *inputs, masks=masks, names=list(names), call=call, train=train)


def groups(title, *inputs, masks=None, names=("value",), call=None, train=True, **config):
    layer = item("GroupQueryAttention", **{"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, **config})
    return case(f"group_query_{title}", layer, *inputs, masks=masks, names=list(names), call=call, train=train)


def plain(name, *inputs, masks=None, call=None, class_name="Attention", **config):
    title = "attention" if class_name == "Attention" else "additive_attention"
    return case(f"{title}_{name}", item(class_name, **config), *inputs, masks=masks, call=call)


def additive(name, *inputs, **more):
    return plain(name, *inputs, class_name="AdditiveAttention", **more)


CASES = [
    einsum("rows", "ab,bc->ac", 4, floats(3, 5, seed=26), bias_axes="c", activation="tanh"),
    einsum("sequences", "abc,cd->abd", [4, 2], SEQUENCE, bias_axes="d"),
    einsum("without_bias", "abc,cde->abde", [4, 2, 3], SEQUENCE),
    einsum("heads", "abc,cde->abde", [4, 2, 3], SEQUENCE, bias_axes="de"),
    einsum("from_heads", "abcd,cde->abe", [2, 5], floats(2, 2, 3, 2, seed=27), bias_axes="e"),
    einsum("other_axis", "abc,bd->adc", [6, 3], SEQUENCE, bias_axes="d"),
    einsum("bias_of_two_axes", "abc,cd->abd", [4, 2], SEQUENCE, bias_axes="bd"),
    einsum("elementwise", "abc,bc->abc", [4, 3], SEQUENCE, bias_axes="c"),
    einsum("ellipsis_before", "...x,xy->...y", 4, SEQUENCE, bias_axes="y"),
    einsum("ellipsis_after", "ab...,bc->ac...", 5, floats(2, 3, 2, 2, seed=28), bias_axes="c"),
    einsum("penalized", "abc,cd->abd", [4, 2], SEQUENCE, bias_axes="d", **PENALIZED),
    einsum("constrained", "abc,cd->abd", [4, 2], SEQUENCE, bias_axes="d", name="product", **CONSTRAINED),
    case("reversible_embedding", item("ReversibleEmbedding", input_dim=6, output_dim=3), TOKENS),
    case("reversible_embedding_masking", item("ReversibleEmbedding", input_dim=6, output_dim=2, mask_zero=True), TOKENS),
    case(
        "reversible_embedding_reversed",
        item("ReversibleEmbedding", input_dim=6, output_dim=3, logit_soft_cap=0.5),
        SEQUENCE,
        call={"reverse": True},
    ),
    case(
        "reversible_embedding_untied",
        item("ReversibleEmbedding", input_dim=6, output_dim=3, tie_weights=False),
        SEQUENCE,
        call={"reverse": True},
    ),
    heads("self", QUERY, QUERY),
    heads("of_values", QUERY, VALUE),
    heads("of_keys", QUERY, WIDE, KEY, names=("value", "key")),
    heads("causal", QUERY, QUERY, call=CAUSAL),
    heads("causal_over_more", QUERY, VALUE, call=CAUSAL),
    heads("without_bias", QUERY, VALUE, use_bias=False, value_dim=2),
    heads("gated", QUERY, VALUE, use_gate=True, value_dim=2),
    heads("sliding", VALUE, VALUE, sliding_window=2),
    heads("sliding_causal", VALUE, VALUE, sliding_window=2, call=CAUSAL),
    heads("other_shape", QUERY, VALUE, output_shape=5),
    heads("other_shapes", QUERY, VALUE, output_shape=[2, 3]),
    heads("of_a_mask", QUERY, VALUE, SEEN, names=("value", "attention_mask")),
    heads("of_masks_of_heads", QUERY, VALUE, OF_HEADS, names=("value", "attention_mask")),
    heads("of_a_mask_and_causal", QUERY, VALUE, SEEN, names=("value", "attention_mask"), call=CAUSAL),
    heads("value_mask", QUERY, VALUE, KEYS, names=("value", "value_mask")),
    heads("key_mask", QUERY, VALUE, KEY, KEYS, OTHER_KEYS, names=("value", "key", "value_mask", "key_mask")),
    heads("masked", QUERY, VALUE, masks=[STEPS, KEYS]),
    heads("masked_query", QUERY, VALUE, masks=[STEPS, None]),
    heads("masked_causal", QUERY, VALUE, masks=[STEPS, KEYS], call=CAUSAL),
    heads("masked_keys", QUERY, VALUE, KEY, names=("value", "key"), masks=[None, KEYS, OTHER_KEYS]),
    heads("scores", QUERY, VALUE, call=SCORES),
    heads("scores_masked", QUERY, VALUE, masks=[STEPS, KEYS], call={**SCORES, **CAUSAL}),
    heads("scores_of_a_mask", QUERY, VALUE, SEEN, names=("value", "attention_mask"), call=SCORES),
    heads("dropping", QUERY, VALUE, masks=[STEPS, KEYS], dropout=0.25, train=False),
    heads("dropping_causal", QUERY, VALUE, SEEN, names=("value", "attention_mask"), dropout=0.5, seed=3, call=CAUSAL, train=False),
    heads("of_images", IMAGE, IMAGE),
    heads("of_an_axis", IMAGE, IMAGE, attention_axes=2),
    heads("of_another_axis", IMAGE, IMAGE, attention_axes=[-2]),
    heads("penalized", QUERY, VALUE, **PENALIZED),
    heads("constrained", QUERY, VALUE, name="constrained", **CONSTRAINED),
    groups("self", QUERY, QUERY),
    groups("of_keys", QUERY, VALUE, KEY, names=("value", "key")),
    groups("one", QUERY, VALUE, num_key_value_heads=1, use_bias=False),
    groups("causal", QUERY, VALUE, call=CAUSAL),
    groups("gated", QUERY, VALUE, use_gate=True),
    groups("sliding", VALUE, VALUE, sliding_window=2, call=CAUSAL),
    groups("masked", QUERY, VALUE, masks=[STEPS, KEYS]),
    groups("of_a_mask", QUERY, VALUE, SEEN, names=("value", "attention_mask")),
    groups("of_masks", QUERY, VALUE, STEPS, KEYS, names=("value", "query_mask", "value_mask")),
    groups("scores", QUERY, VALUE, masks=[STEPS, KEYS], call=SCORES),
    groups("dropping", QUERY, VALUE, masks=[STEPS, KEYS], dropout=0.25, train=False),
    groups("penalized", QUERY, VALUE, **PENALIZED),
    plain("of_values", QUERY, VALUE),
    plain("of_keys", QUERY, WIDE, KEY),
    plain("scaled", QUERY, VALUE, use_scale=True),
    plain("concat", QUERY, VALUE, KEY, score_mode="concat"),
    plain("concat_scaled", QUERY, VALUE, score_mode="concat", use_scale=True),
    plain("causal", QUERY, VALUE, call=CAUSAL),
    plain("masked", QUERY, VALUE, masks=[STEPS, KEYS]),
    plain("masked_causal", QUERY, VALUE, masks=[STEPS, OTHER_KEYS], call=CAUSAL),
    plain("scores", QUERY, VALUE, masks=[None, KEYS], call=SCORES),
    plain("dropping", QUERY, VALUE, masks=[STEPS, None], dropout=0.25, seed=3),
    additive("of_values", QUERY, VALUE),
    additive("of_keys", QUERY, VALUE, KEY),
    additive("unscaled", QUERY, VALUE, use_scale=False),
    additive("masked", QUERY, VALUE, masks=[STEPS, OTHER_KEYS], call=CAUSAL),
    additive("scores", QUERY, VALUE, masks=[None, KEYS], call=SCORES),
]


def make():
    return table(CASES)
