"""Layers that choose themselves what a file keeps of them: arrays by name, and files."""

import keras
import numpy as np

from packed import packed


@keras.saving.register_keras_serializable("golden")
class Lexicon(keras.layers.Layer):
    """Adds a row of a table, and knows words."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        self.table = np.zeros((2, shape[-1]), "float32")
        self.words = []

    def call(self, x):
        return x * self.scale + keras.ops.convert_to_tensor(self.table[1])

    def save_own_variables(self, store):
        store["table"] = self.table
        store["scale"] = keras.ops.convert_to_numpy(self.scale)

    def load_own_variables(self, store):
        self.table = np.array(store["table"])
        self.scale.assign(np.array(store["scale"]))

    def save_assets(self, folder):
        with open(f"{folder}/words.txt", "w") as file:
            file.write("\n".join(self.words))

    def load_assets(self, folder):
        with open(f"{folder}/words.txt") as file:
            self.words = file.read().split("\n")


def make():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), Lexicon(name="lexicon")])
    lexicon = model.layers[1]
    lexicon.table = np.arange(6, dtype="float32").reshape(2, 3) / 4
    lexicon.scale.assign(0.5)
    lexicon.words = ["one", "two", "trois", "négligé"]
    x = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
    return {
        "file": packed(model.save, ".keras"),
        "weights_file": packed(model.save_weights, ".weights.h5"),
        "words": lexicon.words,
        "table": lexicon.table,
        "x": x,
        "outputs": np.array(model(x)),
    }
