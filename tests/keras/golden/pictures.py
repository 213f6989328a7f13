"""Pictures as PNG and JPEG files, with the pixels that Pillow reads of them."""

import base64
import io

import numpy as np
from PIL import Image

RANDOM = np.random.RandomState(0)
SMALL = Image.fromarray(RANDOM.randint(0, 256, (5, 7, 3), dtype=np.uint8))
# Smooth, as JPEG is made for.
SMOOTH = Image.fromarray(np.clip(np.add.outer(np.arange(24) * 5, np.arange(32) * 4)[..., None] + [0, 30, 60], 0, 255).astype(np.uint8))


def transparent(image):
    image.putalpha(Image.fromarray(RANDOM.randint(0, 256, (5, 7), dtype=np.uint8)))
    return image


PALETTE = SMALL.convert("P", palette=Image.ADAPTIVE, colors=5)
PICTURES = {
    "rgb.png": (SMALL, {}),
    "gray.png": (SMALL.convert("L"), {}),
    "palette.png": (PALETTE, {}),
    "palette_4_bits.png": (PALETTE, {"bits": 4}),
    "one_bit.png": (SMALL.convert("1"), {}),
    "gray_alpha.png": (transparent(SMALL.convert("LA")), {}),
    "rgba.png": (transparent(SMALL.convert("RGBA")), {}),
    "gray_16_bits.png": (Image.fromarray(RANDOM.randint(0, 65536, (5, 7), dtype=np.uint16)), {}),
    "rgb.jpg": (SMOOTH, {"quality": 95}),
    "progressive.jpg": (SMOOTH, {"quality": 95, "progressive": True}),
    "gray.jpg": (SMOOTH.convert("L"), {"quality": 95}),
    "restarts.jpg": (SMOOTH, {"quality": 95, "restart_marker_blocks": 2}),
    "cmyk.jpg": (SMOOTH.convert("CMYK"), {"quality": 95}),
}


def pixels(image):
    """[height, width, channels] of 8 bits."""
    if image.mode in ("P", "CMYK"):
        image = image.convert("RGB")
    if image.mode == "1":
        image = image.convert("L")
    data = np.asarray(image)
    if image.mode.startswith("I"):
        data = np.round(data / 257)
    return data.reshape(*data.shape[:2], -1).astype(np.uint8)


def make():
    cases = {}
    for name, (image, options) in PICTURES.items():
        file = io.BytesIO()
        image.save(file, format="JPEG" if name.endswith(".jpg") else "PNG", **options)
        cases[name] = {"file": base64.b64encode(file.getvalue()).decode(), "pixels": pixels(Image.open(io.BytesIO(file.getvalue())))}
    return {"cases": cases}
