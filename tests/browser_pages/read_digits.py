"""Opens a model of Keras and prints what it makes of digits: python read_digits.py MODEL DIGITS, a file of 28 x 28 bytes each."""
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

model = keras.models.load_model(sys.argv[1])
digits = np.fromfile(sys.argv[2], np.uint8).reshape(-1, 28, 28)
layers = [layer.__class__.__name__ for layer in model.layers]
print(json.dumps({"layers": layers, "outputs": model.predict(digits, verbose=0).ravel().tolist()}))
