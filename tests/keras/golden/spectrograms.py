"""Layers that make spectrograms of signals, each alone: the same as in layers.py."""

import json
import os
import subprocess
import sys

import keras
import numpy as np

from build import item
from encode import dumps
from layers import case, floats, table

SOUND = floats(2, 40, 2, seed=91)
WAVES = floats(2, 70, seed=92)
FIRST = {"data_format": "channels_first"}


def stft(label, x=SOUND, frame_length=8, **config):
    return case(f"stft_spectrogram_{label}", item("STFTSpectrogram", frame_length=frame_length, **config), x)


def mel(name, x=WAVES, sampling_rate=1000, fft_length=16, num_mel_bins=5, **config):
    config = {"sampling_rate": sampling_rate, "fft_length": fft_length, "num_mel_bins": num_mel_bins, **config}
    return case(f"mel_spectrogram_{name}", item("MelSpectrogram", **config), x)


CASES = [
    stft("log"),
    stft("magnitude", mode="magnitude", frame_step=3, fft_length=16),
    stft("psd", mode="psd", padding="same", window="hamming", periodic=True),
    stft("real", mode="real", scaling="spectrum", expand_dims=True),
    stft("imag", mode="imag", scaling=None, window=None),
    stft("angle", mode="angle", frame_length=6, frame_step=5),
    stft("stft", mode="stft", expand_dims=True, trainable=False),
    stft("both", mode="stft", window=[0.5, 1.0, 0.25, 1.0], frame_length=4, padding="same", name="spectra"),
    mel("powers", power_to_db=False, sequence_stride=8),
    mel("decibels", sequence_stride=4),
    mel("cut", sequence_stride=5, top_db=6.0, ref_power=0.5, min_power=0.0625),
    mel("window", sequence_length=12, window="hamming", sequence_stride=8, mag_exp=1.0, min_freq=100.0, max_freq=400.0, ref_power=0.0625),
    mel("given_window", fft_length=8, window=[0.5, 1.0, 0.25, 1.0, 1.0, 0.75, 1.0, 0.5], num_mel_bins=3, sequence_stride=3),
    mel("plain", window=None, sequence_stride=16, min_freq=0.0),
]

# TensorFlow has no such convolutions on the CPU.
ON_JAX = [
    stft("first", SOUND.transpose(0, 2, 1), mode="magnitude", **FIRST),
    stft("first_expanded", SOUND.transpose(0, 2, 1), mode="psd", expand_dims=True, padding="same", **FIRST),
]

# Bands of frequencies: the options, and the matrix.
BANDS = [{}, {"num_mel_bins": 7, "num_spectrogram_bins": 33, "sampling_rate": 16000, "lower_edge_hertz": 20.0, "upper_edge_hertz": 8000.0}]


def bands(config):
    return {"config": config, "weights": np.asarray(keras.layers.MelSpectrogram().linear_to_mel_weight_matrix(**config))}


def on_jax():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{__file__} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def make():
    found = table(CASES)
    # One signal alone.
    single = keras.layers.MelSpectrogram(fft_length=16, sequence_stride=8, sampling_rate=1000, num_mel_bins=4)
    return {
        **found,
        "cases": found["cases"] + on_jax()["cases"],
        "bands": [bands(config) for config in BANDS],
        "single": {"x": WAVES[0], "y": np.asarray(single(WAVES[0]))},
    }


if __name__ == "__main__":
    print(dumps(table(ON_JAX)))
