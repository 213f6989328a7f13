"""Pictures from files and as arrays: what load_img, img_to_array and array_to_img make of them."""

import base64
import io

import keras
import numpy as np
from PIL import Image

RANDOM = np.random.RandomState(1)


def image(*shape, mode=None):
    return Image.fromarray(RANDOM.randint(0, 256, shape, dtype=np.uint8), mode)


FILES = {
    "rgb": image(9, 14, 3),
    "gray": image(6, 7),
    "rgba": image(12, 8, 4),
    "gray_alpha": image(5, 6, 2, mode="LA"),
    "palette": image(8, 8, 3).quantize(6),
}
INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"]
MODES = ["rgb", "grayscale", "rgba"]
SIZES = [(4, 5), (13, 17), (9, 6), (1, 1), (3, 21)]
RAMP = np.linspace(-3, 5, 24, dtype="float32").reshape(2, 4, 3)


def loaded(name, file, **options):
    image = keras.utils.load_img(io.BytesIO(file), **options)
    pixels = np.asarray(image)
    return {"file": name, "options": options, "pixels": pixels.reshape(*pixels.shape[:2], -1)}


def make():
    files = {}
    for name, image in FILES.items():
        file = io.BytesIO()
        image.save(file, format="PNG")
        files[name] = file.getvalue()
    cases = [loaded(name, file, color_mode=mode) for name, file in files.items() for mode in MODES]
    for interpolation in INTERPOLATIONS:
        for size in SIZES:
            for name, mode in [("rgb", "rgb"), ("rgba", "rgba"), ("gray", "grayscale")]:
                for keep in [False, True] if name == "rgb" and size != (1, 1) else [False]:
                    options = dict(color_mode=mode, target_size=size, interpolation=interpolation, keep_aspect_ratio=keep)
                    cases.append(loaded(name, files[name], **options))
    arrays = [
        (RAMP, {}),
        (np.abs(RAMP) * 50, dict(scale=False)),
        (RAMP[..., :1], {}),
        (RAMP.transpose(2, 0, 1), dict(data_format="channels_first")),
        (np.full((2, 2, 4), 7, "float32"), {}),
        (np.zeros((1, 3, 3), "float32"), {}),
        (RANDOM.normal(size=(5, 4, 4)).astype("float32"), {}),
    ]
    small = Image.fromarray(RANDOM.randint(0, 256, (2, 3, 3), dtype=np.uint8))
    return {
        "files": {name: base64.b64encode(file).decode() for name, file in files.items()},
        "loaded": cases,
        "images": [
            {"x": x, "options": options, "pixels": np.atleast_3d(np.asarray(keras.utils.array_to_img(x, **options)))}
            for x, options in arrays
        ],
        "arrays": [
            {"pixels": np.asarray(picture), "options": options, "array": keras.utils.img_to_array(picture, **options)}
            for picture in (small, small.convert("L"))
            for options in ({}, {"data_format": "channels_first"}, {"dtype": "uint8"})
        ],
        "resized": [
            {"x": x, "size": size, "options": options, "y": np.asarray(keras.preprocessing.image.smart_resize(x, size, **options))}
            for x, size, options in [
                (RAMP, [2, 2], {}),
                (RAMP, [7, 3], {"interpolation": "nearest"}),
                (RAMP[None].repeat(2, 0), [3, 5], {}),
                (RAMP.transpose(2, 0, 1), [2, 4], {"data_format": "channels_first"}),
            ]
        ],
    }
