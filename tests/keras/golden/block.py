"""A layer of one's own, of which tests/saving/block.ts is the twin."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("golden")
class Block(layers.Layer):
    """Layers in attributes and in a list."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.second_dense = layers.Dense(units)
        self.first_dense = layers.Dense(units, activation="relu")
        self.others = [layers.Dense(units), layers.BatchNormalization(), layers.Dense(units)]

    def build(self, shape):
        self.offset = self.add_weight(name="offset", shape=(self.units,), initializer="ones")
        self.first_dense.build(shape)
        inner = (*shape[:-1], self.units)
        self.second_dense.build(inner)
        for layer in self.others:
            layer.build(inner)

    def call(self, x):
        x = self.second_dense(self.first_dense(x)) + self.offset
        for layer in self.others:
            x = layer(x)
        return x

    def get_config(self):
        return {**super().get_config(), "units": self.units}
