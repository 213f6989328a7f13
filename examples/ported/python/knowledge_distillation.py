"""The twin of examples/ported/knowledge_distillation.ts for Keras: `python knowledge_distillation.py --seed 1`."""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import digits
import keras
from keras import layers, ops

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--student-epochs", type=int, default=60)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 64
images = 640


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.student = student
        self.teacher = teacher
        teacher.trainable = False

    def compile(self, student_loss, distillation_loss, alpha=0.1, temperature=3, **kwargs):
        super().compile(**kwargs)
        self.student_loss = student_loss
        self.distillation_loss = distillation_loss
        self.alpha = alpha
        self.temperature = temperature

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        def soften(logits):
            return ops.softmax(logits / self.temperature, axis=-1)

        teacher_pred = self.teacher(x, training=False)
        distillation = self.distillation_loss(soften(teacher_pred), soften(y_pred))
        return self.alpha * self.student_loss(y, y_pred) + (1 - self.alpha) * self.temperature**2 * distillation

    def call(self, x):
        return self.student(x)


def make_network(name, first, second):
    return keras.Sequential(
        [
            keras.Input((28, 28), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(first, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.MaxPooling2D(2, strides=1, padding="same"),
            layers.Conv2D(second, 3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(10),
        ],
        name=name,
    )


def compiled(network):
    network.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["sparse_categorical_accuracy"],
    )
    return network


(x_all, y_all), (x_test, y_test) = digits.load_data()


def fitted(model, rows, epochs):
    model.fit(x_all[:rows], y_all[:rows], batch_size=batch_size, epochs=epochs, verbose=0)
    results = model.evaluate(x_test, y_test, batch_size=500, verbose=0, return_dict=True)
    return results["sparse_categorical_accuracy"]


teacher = make_network("teacher", 16, 32)
of_teacher = fitted(compiled(teacher), options.steps * batch_size, options.epochs)

distiller = Distiller(make_network("student", 8, 16), teacher)
distiller.compile(
    optimizer="adam",
    metrics=["sparse_categorical_accuracy"],
    student_loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    distillation_loss=keras.losses.KLDivergence(),
    alpha=0.1,
    temperature=10,
)
of_student = fitted(distiller, images, options.student_epochs)
of_scratch = fitted(compiled(make_network("student_from_scratch", 8, 16)), images, options.student_epochs)

print(f"  teacher {of_teacher:.4f}")
print(f"  distilled {of_student:.4f}")
print(f"  scratch {of_scratch:.4f}")
