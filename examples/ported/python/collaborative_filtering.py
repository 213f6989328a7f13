"""The twin of examples/ported/collaborative_filtering.ts for Keras: `python collaborative_filtering.py --seed 1`."""

import argparse
import math
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers, ops
from random_numbers import normal_number, random_integer, random_numbers

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--steps", type=int, default=300)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 64
num_users, num_movies = 300, 200
embedding_size = 16
min_rating, max_rating = 0.5, 5


class RecommenderNet(keras.Model):
    def __init__(self, num_users, num_movies, embedding_size):
        super().__init__()
        kwargs = dict(
            embeddings_initializer="he_normal", embeddings_regularizer=keras.regularizers.L2(1e-6)
        )
        self.user_embedding = layers.Embedding(num_users, embedding_size, **kwargs)
        self.user_bias = layers.Embedding(num_users, 1)
        self.movie_embedding = layers.Embedding(num_movies, embedding_size, **kwargs)
        self.movie_bias = layers.Embedding(num_movies, 1)

    def call(self, inputs):
        user = inputs[:, 0]
        movie = inputs[:, 1]
        fit = ops.sum(self.user_embedding(user) * self.movie_embedding(movie), axis=1, keepdims=True)
        return ops.sigmoid(fit + self.user_bias(user) + self.movie_bias(movie))


def make_ratings(ratings, seed):
    random = random_numbers(seed)

    def normals(count, scale):
        return [scale * normal_number(random) for _ in range(count)]

    users = [normals(4, 0.6) for _ in range(num_users)]
    movies = [normals(4, 0.6) for _ in range(num_movies)]
    for _ in range(ratings):
        user, movie = random_integer(random, num_users), random_integer(random, num_movies)
        (mildness, *tastes), (quality, *traits) = users[user], movies[movie]
        fit = sum(taste * trait for taste, trait in zip(tastes, traits))
        opinion = 3 + mildness + quality + fit + 0.4 * normal_number(random)
        yield user, movie, min(max_rating, max(min_rating, math.floor(2 * opinion + 0.5) / 2))


train, test = options.steps * batch_size, 4000
rows = np.array(list(make_ratings(train + test, 1)))
x = rows[:, :2].astype("int32")
y = ((rows[:, 2:] - min_rating) / (max_rating - min_rating)).astype("float32")
model = RecommenderNet(num_users, num_movies, embedding_size)
model.compile(
    optimizer=keras.optimizers.Adam(0.005),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=["mean_squared_error"],
)
model.fit(x[:train], y[:train], batch_size=batch_size, epochs=options.epochs, verbose=0)

found = model.evaluate(x[train:], y[train:], batch_size=500, verbose=0, return_dict=True)
rmse = (max_rating - min_rating) * math.sqrt(found["mean_squared_error"])
explained = 1 - rmse**2 / rows[train:, 2].var()
print(f"  error in stars {rmse:.4f}")
print(f"  explained share of the variance {explained:.4f}")
