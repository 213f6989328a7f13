"""Models as graphs: the boxes, frames and edges of keras.utils.model_to_dot."""

import json

import keras
from keras import Input, Model, Sequential, layers, ops


def chain():
    return Sequential(
        [Input((8,), name="x"), layers.Dense(4, activation="relu", name="hidden"), layers.Dropout(0.5, name="drop"), layers.Dense(2, name="head")],
        name="chain",
    )


def shared():
    left, right = Input((3,), name="left"), Input((3,), name="right")
    dense = layers.Dense(2, name="dense")
    both = layers.Concatenate(name="both")([dense(left), dense(right)])
    same = layers.Dense(1, activation="sigmoid", name="same")(both)
    kind = layers.Dense(3, activation="softmax", trainable=False, name="kind")(both)
    return Model([left, right], {"same": same, "kind": kind}, name="shared")


def applied_to_itself():
    x = Input((3,), name="x")
    dense = layers.Dense(3, name="dense")
    return Model(x, dense(dense(dense(x))), name="again")


def functions():
    x = Input((4,), name="x")
    y = ops.subtract(x, ops.abs(x))
    return Model(x, layers.Dense(1, name="dense")(y), name="functions")


def nested():
    p, q = Input((4,), name="p"), Input((4,), name="q")
    joined = layers.Add(name="joined")([layers.Dense(3, name="on_p")(p), layers.Dense(3, name="on_q")(q)])
    pair = Model([p, q], [joined, layers.Dense(2, name="aside")(joined)], name="pair")
    inner = Sequential([Input((8,), name="inner_input"), layers.Dense(4, name="first"), layers.ReLU(name="second")], name="inner")
    outer = Sequential([Input((8,), name="outer_input"), inner, layers.Dense(4, name="third")], name="outer")
    a, b = Input((8,), name="a"), Input((8,), name="b")
    one, two = pair([outer(a), outer(b)])
    return Model([a, b], [layers.Dense(1, name="last")(two), one], name="nested")


def chain_of_models():
    parts = [Sequential([Input((4,), name=f"input_{i}"), layers.Dense(4, name=f"dense_{i}"), layers.ReLU(name=f"relu_{i}")], name=f"part_{i}") for i in range(2)]
    return Sequential([Input((4,), name="x"), *parts, layers.Dense(1, name="end")], name="chain_of_models")


EVERYTHING = {"show_shapes": True, "show_dtype": True, "show_layer_activations": True, "show_trainable": True}

CASES = [
    (chain, {}),
    (chain, {"show_layer_names": False, **EVERYTHING}),
    (shared, EVERYTHING),
    (applied_to_itself, {}),
    (functions, {"show_shapes": True, "show_dtype": True}),
    (nested, EVERYTHING),
    (nested, {"expand_nested": True, **EVERYTHING}),
    (chain_of_models, {"expand_nested": True}),
]


def graph_of(dot):
    """The boxes in order with the frames around them, and the edges by the places of boxes."""
    boxes, places, edges = [], {}, []

    def visit(part, frames):
        for node in part.get_nodes():
            if node.get_name() == "node":
                continue
            places[node.get_name()] = len(boxes)
            boxes.append({"label": node.get_label(), "frames": frames})
        for inner in part.get_subgraphs():
            visit(inner, [*frames, inner.get_label()])

    visit(dot, [])

    def connect(part):
        edges.extend([places[edge.get_source()], places[edge.get_destination()]] for edge in part.get_edges())
        for inner in part.get_subgraphs():
            connect(inner)

    connect(dot)
    return {"boxes": boxes, "edges": edges}


def make():
    cases = []
    for build, options in CASES:
        model = build()
        graph = graph_of(keras.utils.model_to_dot(model, **options))
        cases.append({"model": json.loads(model.to_json()), "options": options, **graph})
    return {"cases": cases}
