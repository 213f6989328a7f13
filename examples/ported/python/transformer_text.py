"""The twin of examples/ported/transformer_text.ts for Keras: `python transformer_text.py --seed 1`."""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers, ops
from random_numbers import random_integer, random_numbers

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 64
maxlen = 12
embed_dim, num_heads, ff_dim = 32, 2, 32


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1):
        super().__init__()
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs):
        attended = self.dropout1(self.att(inputs, inputs))
        out1 = self.layernorm1(inputs + attended)
        thought = self.dropout2(self.ffn(out1))
        return self.layernorm2(out1 + thought)


class TokenAndPositionEmbedding(layers.Layer):
    def __init__(self, maxlen, vocab_size, embed_dim):
        super().__init__()
        self.token_emb = layers.Embedding(vocab_size, embed_dim)
        self.pos_emb = layers.Embedding(maxlen, embed_dim)

    def call(self, x):
        positions = self.pos_emb(ops.arange(x.shape[-1]))
        return self.token_emb(x) + positions


def make_model(vocab_size):
    inputs = keras.Input((maxlen,), dtype="int32")
    x = TokenAndPositionEmbedding(maxlen, vocab_size, embed_dim)(inputs)
    x = TransformerBlock(embed_dim, num_heads, ff_dim)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(20, activation="relu")(x)
    x = layers.Dropout(0.1)(x)
    outputs = layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(0.002),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


things = ["plot", "acting", "music", "ending", "cast", "story"]
praise = ["good", "funny", "moving", "clever", "great", "fresh"]
blame = ["bad", "boring", "silly", "flat", "weak", "poor"]
vocabulary = ["", "the", "was", "not", "and", *things, *praise, *blame]


def write_reviews(count, seed):
    random = random_numbers(seed)

    def one(words):
        return words[random_integer(random, len(words))]

    def statement(is_good):
        negated = random() < 0.25
        return f"the {one(things)} was {'not ' if negated else ''}{one(praise if is_good != negated else blame)}"

    for _ in range(count):
        is_good = random() < 0.5
        first = statement(is_good)
        yield (first if random() < 0.2 else f"{first} and {statement(is_good)}"), is_good


def make_data(count, seed):
    texts, is_good = zip(*write_reviews(count, seed))
    numbers = [[vocabulary.index(word) for word in text.split(" ")] for text in texts]
    return keras.utils.pad_sequences(numbers, maxlen=maxlen), np.array(is_good, "int32")


x_train, y_train = make_data(options.steps * batch_size, 1)
x_test, y_test = make_data(2000, 2)
model = make_model(len(vocabulary))
model.fit(x_train, y_train, batch_size=batch_size, epochs=options.epochs, verbose=0)
accuracy = model.evaluate(x_test, y_test, batch_size=500, verbose=0)[1]
print(f"  accuracy {accuracy:.4f}")
