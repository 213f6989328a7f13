"""Layers that change images at random: alone in inference, as in layers.py; and what they make of images, labels, boxes
and masks by transformations that are given, not drawn.
"""

import keras
import numpy as np

from build import create, dyadic, item
from drawn import drawn
from layers import case, floats, table

PHOTOS = floats(2, 5, 6, 3, seed=91)
UNIT = np.abs(PHOTOS)
PAIR = np.abs(floats(4, 5, 6, 3, seed=92))
BYTES = drawn((2, 6, 7, 3), 93, 0, 255, dtype="uint8")
GREY = np.abs(floats(2, 9, 10, 1, seed=94))
SQUARES = floats(2, 8, 8, 2, seed=95)
FIRST = {"data_format": "channels_first"}
RANGE = {"value_range": [0, 1]}


def random(name, class_name, photos=UNIT, train=False, **config):
    return case(name, item(class_name, **config), photos, train=train)


CASES = [
    random("aug_mix", "AugMix"),
    random("aug_mix_all", "AugMix", num_chains=2, chain_depth=1, factor=[0.1, 0.4], alpha=0.5, all_ops=False, interpolation="nearest", seed=2, **RANGE),
    random("auto_contrast", "AutoContrast", **RANGE),
    random("auto_contrast_shifted", "AutoContrast", PHOTOS, value_range=[-1, 1]),
    random("clahe", "ContrastLimitedAdaptiveHistogramEqualization", GREY, tile_grid_size=[2, 3], **RANGE),
    random("clahe_wide", "ContrastLimitedAdaptiveHistogramEqualization", UNIT, tile_grid_size=[2, 2], clip_limit=0.0, **RANGE),
    random("clahe_bytes", "ContrastLimitedAdaptiveHistogramEqualization", BYTES, tile_grid_size=[3, 2]),
    random("cut_mix", "CutMix"),
    random("cut_mix_all", "CutMix", factor=[0.25, 0.75], seed=1, **FIRST),
    random("equalization", "Equalization"),
    random("equalization_all", "Equalization", bins=64, **RANGE),
    random("max_num_bounding_boxes", "MaxNumBoundingBoxes", max_number=3),
    random("mix_up", "MixUp"),
    random("mix_up_all", "MixUp", alpha=0.4, seed=3, bounding_box_format="xywh"),
    random("rand_augment", "RandAugment"),
    random("rand_augment_all", "RandAugment", num_ops=1, factor=[0.2, 0.4], interpolation="nearest", seed=5, **RANGE),
    random("color_degeneration", "RandomColorDegeneration", factor=0.5),
    random("color_degeneration_all", "RandomColorDegeneration", factor=[0.25, 0.5], seed=1, **RANGE),
    random("color_jitter", "RandomColorJitter"),
    random("color_jitter_all", "RandomColorJitter", brightness_factor=0.25, contrast_factor=[0.1, 0.2], saturation_factor=0.5, hue_factor=[0.0, 0.5], seed=4, **RANGE),
    random("elastic", "RandomElasticTransform"),
    random("elastic_all", "RandomElasticTransform", factor=[0.5, 1.0], scale=0.5, interpolation="nearest", fill_mode="mirror", fill_value=0.5, seed=1, **RANGE),
    random("erasing", "RandomErasing"),
    random("erasing_all", "RandomErasing", factor=0.5, scale=[0.1, 0.2], fill_value=0.5, seed=1, **RANGE),
    random("blur", "RandomGaussianBlur"),
    random("blur_all", "RandomGaussianBlur", factor=[0.5, 1.0], kernel_size=[5, 3], sigma=[0.25, 0.75], seed=1, **RANGE),
    random("grayscale", "RandomGrayscale"),
    random("grayscale_all", "RandomGrayscale", BYTES, factor=0.25),
    random("hue", "RandomHue", factor=0.5),
    random("hue_all", "RandomHue", factor=[0.25, 0.5], seed=1, **RANGE),
    random("invert", "RandomInvert"),
    random("invert_all", "RandomInvert", factor=[0.25, 0.5], seed=1, **RANGE),
    random("perspective", "RandomPerspective"),
    random("perspective_all", "RandomPerspective", factor=[0.25, 0.5], scale=0.5, interpolation="nearest", fill_value=0.5, seed=1),
    case("pipeline", item("Pipeline", layers=[item("Rescaling", scale=0.5, name="scaled"), item("RandomFlip", seed=1, name="flipped"), item("CenterCrop", height=3, width=4, name="cropped")]), UNIT, train=False),
    random("posterization", "RandomPosterization", factor=4),
    random("posterization_all", "RandomPosterization", factor=[3, 6], seed=1, **RANGE),
    random("saturation", "RandomSaturation", factor=0.5),
    random("saturation_all", "RandomSaturation", factor=[0.25, 0.75], seed=1, **RANGE),
    random("sharpness", "RandomSharpness", factor=0.5),
    random("sharpness_all", "RandomSharpness", factor=[0.25, 0.75], seed=1, **RANGE),
    random("shear", "RandomShear", x_factor=0.1, y_factor=0.2),
    random("shear_all", "RandomShear", x_factor=0.25, y_factor=[0.1, 0.2], interpolation="nearest", fill_mode="wrap", fill_value=0.5, seed=1),
    random("solarization", "Solarization"),
    random("solarization_all", "Solarization", addition_factor=0.25, threshold_factor=[0.25, 0.5], seed=1, **RANGE),
]

SHAPE = PHOTOS.shape
BOXES = np.array(
    [[[1, 1, 4, 3], [0, 2, 6, 5], [2, 0, 3, 2]], [[0, 0, 2, 2], [3, 1, 5, 4], [1, 2, 6, 4]]], "float32"
)
CLASSES = np.array([[1, 0, 2], [2, 3, 1]], "int32")
MASKS = drawn((2, 5, 6, 1), 96, 0, 4, dtype="uint8")
ONE_HOT = np.eye(4, dtype="float32")


def each(*values):
    """A number of each image, as `[count, 1, 1, 1]`."""
    return np.array(values, "float32").reshape(-1, 1, 1, 1)


def flat(name):
    """The transformation of a layer that takes one number of each image, `[count]`."""
    return lambda layer, given: {name: given[name].reshape(-1)}


def same(layer, given):
    return given


def chosen(name):
    return lambda layer, given: {**given, name: given["isChosen"].reshape(-1)}


def rotation(layer, given):
    angle = given["angle"].reshape(-1)
    count, zeros = len(angle), np.zeros(len(angle), "float32")
    matrix = layer._compute_affine_matrix(
        0.5, 0.5, keras.ops.convert_to_tensor(angle), zeros, zeros, zeros + 1, zeros, zeros, SHAPE[1], SHAPE[2]
    )
    size = {"image_height": SHAPE[1], "image_width": SHAPE[2], "batch_size": count}
    return {"angle": keras.ops.convert_to_tensor(angle), "rotation_matrix": matrix, **size}


def translation(layer, given):
    return {"translations": np.concatenate([given["right"], given["down"]], 1), "input_shape": SHAPE}


def zoom(layer, given):
    return {"height_zoom": given["heightZoom"], "width_zoom": given["widthZoom"], "input_shape": SHAPE}


def shear(layer, given):
    return {"shear_factor": np.concatenate([given["shearX"], given["shearY"]], 1), "input_shape": SHAPE}


def flips(layer, given):
    return {"flips": given["flips"], "input_shape": SHAPE}


def perspective(layer, given):
    applied = given["isChosen"].reshape(-1)
    points = {"start_points": given["startPoints"], "end_points": given["endPoints"]}
    return {"apply_perspective": applied, **points, "input_shape": SHAPE}


def rectangles(layer, given, shape):
    corners = tuple(keras.ops.convert_to_tensor(given[name]) for name in ("x0", "x1", "y0", "y1"))
    return layer._generate_batch_mask(shape, corners)


def cut(layer, given):
    masks, weight = rectangles(layer, given, PAIR.shape)
    return {"permutation_order": given["order"], "batch_masks": masks, "mix_weight": weight}


def erased(layer, given):
    masks = rectangles(layer, given, SHAPE)
    return {"apply_erasing": given["isChosen"].reshape(-1), "batch_masks": masks, "fill_value": given["fill"]}


def mixed(layer, given):
    return {"mix_weight": given["weight"], "permutation_order": given["order"]}


def sized(layer, given):
    return {"input_shape": SHAPE}


def resized(layer, given):
    return SHAPE[1], SHAPE[2]


def crop(layer, given):
    if not given:
        return layer.get_random_transformation(PHOTOS)
    return int(given["top"].item()), int(given["left"].item())


def column(*values):
    return np.array(values, "float32").reshape(-1, 1)


TURN = {"angle": column(30, -110)}
MOVE = {"down": column(1.25, -1.75), "right": column(-1.5, 3)}
ZOOM = {"heightZoom": column(0.75, 1.25), "widthZoom": column(0.5, 1.5)}
SHEAR = {"shearX": column(0.25, -0.375), "shearY": column(-0.125, 0.25)}
FLIP = {"flips": np.array([True, False]).reshape(2, 1, 1, 1)}
BOTH = np.array([True, True]).reshape(2, 1, 1, 1)
SOME = np.array([False, True]).reshape(2, 1, 1, 1)
CORNERS = np.array([[[0, 0], [5, 0], [0, 4], [5, 4]]] * 2, "float32")
BENT = CORNERS + CORNERS * np.array([[0, 0], [-0.25, 0], [0, 0.25], [-0.125, -0.25]], "float32")
RECTANGLES = {
    "x0": np.array([0.5, 1.25], "float32"),
    "x1": np.array([3.5, 5.75], "float32"),
    "y0": np.array([1.5, 0.25], "float32"),
    "y1": np.array([3.75, 2.5], "float32"),
}
FOUR = {name: np.concatenate([side, side + np.float32(0.375)]) for name, side in RECTANGLES.items()}
FOUR["weight"] = 1 - (FOUR["x1"] - FOUR["x0"]) * (FOUR["y1"] - FOUR["y0"]) / np.float32(30)
ORDER = np.array([2, 0, 3, 1], "int32")
XYXY = {"bounding_box_format": "xyxy"}

# The layer, its input, the transformation in our terms, how Keras has it, and which further parts it changes.
GIVEN = [
    (item("RandomBrightness", factor=0.5, **RANGE), UNIT, {"factor": each(0.25, -0.5)}, lambda layer, given: {"rgb_delta": given["factor"]}),
    (item("RandomContrast", factor=0.5, **RANGE), UNIT, {"factor": each(0.75, 1.5)}, lambda layer, given: {"contrast_factor": given["factor"]}),
    (item("RandomHue", factor=0.5, **RANGE), UNIT, {"factor": each(0.25, -0.375)}, flat("factor")),
    (item("RandomHue", factor=0.5), BYTES, {"factor": each(-0.125, 0.5)}, flat("factor")),
    (item("RandomSaturation", factor=0.5, **RANGE), UNIT, {"factor": each(0.25, 2.5)}, flat("factor")),
    (item("RandomColorDegeneration", factor=0.5, **RANGE), UNIT, {"factor": each(0.25, 1)}, same),
    (item("RandomSharpness", factor=0.5, **RANGE), UNIT, {"factor": each(0.125, 0.875)}, flat("factor")),
    (item("RandomPosterization", factor=4), BYTES, {"shift": each(3, 6)}, lambda layer, given: {"shift_factor": given["shift"].reshape(-1).astype("uint8")}),
    (item("RandomPosterization", factor=4, value_range=[-1, 1]), PHOTOS / 4, {"shift": each(5, 2)}, lambda layer, given: {"shift_factor": given["shift"].reshape(-1).astype("uint8")}),
    (item("Solarization"), BYTES, {"additions": each(20, 0), "thresholds": each(100, 200)}, same),
    (item("Solarization", **RANGE), UNIT, {"additions": each(0, 40), "thresholds": each(0, 150)}, same),
    (item("RandomInvert", **RANGE), UNIT, {"isChosen": SOME}, lambda layer, given: {"apply_inversion": given["isChosen"].reshape(-1)}),
    (item("RandomGrayscale"), UNIT, {"isChosen": SOME}, lambda layer, given: given["isChosen"]),
    (item("RandomGrayscale"), BYTES, {"isChosen": SOME}, lambda layer, given: given["isChosen"]),
    (item("RandomGaussianBlur", kernel_size=5, **RANGE), UNIT, {"isChosen": SOME, "sigma": np.array([0.5, 0.875], "float32")}, lambda layer, given: {"should_apply_blur": given["isChosen"].reshape(-1), "blur_factor": given["sigma"]}),
    (item("RandomErasing", **RANGE), UNIT, {**RECTANGLES, "isChosen": SOME, "fill": UNIT[:, ::-1] / 2}, erased),
    (item("Equalization", **RANGE), UNIT, {}, same),
    (item("Equalization"), BYTES, {}, same),
    (item("Equalization", bins=16), BYTES, {}, same),
    (item("Equalization"), np.full((1, 3, 3, 1), 7, "float32"), {}, same),
    (item("CutMix"), PAIR, {**FOUR, "order": ORDER}, cut, "labels"),
    (item("MixUp"), PAIR, {"weight": np.array([0.25, 0.5, 1, 0.875], "float32"), "order": ORDER}, mixed, "labels"),
    (item("RandomFlip", mode="horizontal", **XYXY), PHOTOS, FLIP, flips, "boxes", "masks"),
    (item("RandomFlip", mode="vertical", bounding_box_format="xywh"), PHOTOS, FLIP, flips, "boxes", "masks"),
    (item("RandomFlip", bounding_box_format="center_yxhw"), PHOTOS, FLIP, flips, "boxes", "masks"),
    (item("RandomRotation", factor=0.5, **XYXY), PHOTOS, TURN, rotation, "boxes", "masks"),
    (item("RandomTranslation", height_factor=0.5, width_factor=0.5, **XYXY), PHOTOS, MOVE, translation, "boxes", "masks"),
    (item("RandomTranslation", height_factor=0.5, width_factor=0.5, bounding_box_format="rel_yxyx"), PHOTOS, MOVE, translation, "boxes"),
    (item("RandomZoom", height_factor=0.5, fill_mode="constant", **XYXY), PHOTOS, ZOOM, zoom, "boxes", "masks"),
    (item("RandomZoom", height_factor=0.5, bounding_box_format="rel_center_xywh"), PHOTOS, ZOOM, zoom, "boxes"),
    (item("RandomShear", x_factor=0.5, **XYXY), PHOTOS, SHEAR, shear, "boxes", "masks"),
    (item("RandomShear", x_factor=0.5, fill_mode="wrap", bounding_box_format="yxyx"), PHOTOS, SHEAR, shear, "boxes"),
    (item("RandomPerspective", **XYXY), PHOTOS, {"isChosen": BOTH, "startPoints": CORNERS, "endPoints": BENT}, perspective, "boxes", "masks"),
    (item("RandomPerspective", fill_value=0.5, **XYXY), PHOTOS, {"isChosen": SOME, "startPoints": CORNERS, "endPoints": BENT}, perspective, "boxes"),
    (item("RandomCrop", height=3, width=4, **XYXY), PHOTOS, {"top": np.full((1, 1, 1), 1, "float32"), "left": np.full((1, 1, 1), 2, "float32")}, crop, "masks"),
    (item("CenterCrop", height=3, width=4, **XYXY), PHOTOS, {}, sized, "boxes", "masks"),
    (item("CenterCrop", height=8, width=7, bounding_box_format="rel_xyxy"), PHOTOS, {}, sized, "boxes"),
    (item("Resizing", height=7, width=9, **XYXY), PHOTOS, {}, resized, "boxes", "masks"),
    (item("Resizing", height=7, width=9, pad_to_aspect_ratio=True, **XYXY), PHOTOS, {}, resized, "boxes", "masks"),
    (item("Resizing", height=9, width=7, crop_to_aspect_ratio=True, **XYXY), PHOTOS, {}, resized, "boxes", "masks"),
    (item("MaxNumBoundingBoxes", max_number=2, **XYXY), PHOTOS, {}, same, "boxes"),
    (item("MaxNumBoundingBoxes", max_number=5, fill_value=-3, **XYXY), PHOTOS, {}, same, "boxes"),
]


def given(spec, images, transformation, of_keras, *parts):
    layer = create(keras.layers, spec)
    own = of_keras(layer, transformation)
    found = {**spec, "images": images, "transformation": transformation}
    found["to_images"] = np.asarray(layer.transform_images(keras.ops.convert_to_tensor(images), own))
    if "labels" in parts:
        found["labels"] = ONE_HOT
        found["to_labels"] = np.asarray(layer.transform_labels(ONE_HOT, own))
    if "masks" in parts:
        masks = MASKS.astype("float32") if spec["class_name"] in ("RandomFlip", "CenterCrop", "RandomCrop") else MASKS
        found["masks"] = MASKS
        found["to_masks"] = np.asarray(layer.transform_segmentation_masks(keras.ops.convert_to_tensor(masks), own)).astype("uint8")
    if "boxes" in parts:
        source = layer.bounding_box_format
        size = {"height": images.shape[1], "width": images.shape[2]}
        boxes = np.asarray(keras.utils.bounding_boxes.convert_format(BOXES, "xyxy", source, **size))
        moved = layer.transform_bounding_boxes({"boxes": keras.ops.convert_to_tensor(boxes), "labels": CLASSES}, own)
        found["boxes"], found["box_labels"] = boxes, CLASSES
        found["to_boxes"], found["to_box_labels"] = np.asarray(moved["boxes"]), np.asarray(moved["labels"])
    return found


FORMATS = ["xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"]
SIZE = {"height": 5, "width": 6}


def formats():
    """Boxes in each format, and what they are in each other one."""
    utils = keras.utils.bounding_boxes
    in_each = {name: np.asarray(utils.convert_format(BOXES, "xyxy", name, **SIZE)) for name in FORMATS}
    pairs = [(a, b) for a in FORMATS for b in FORMATS]
    return [
        {"source": a, "target": b, "boxes": in_each[a], "converted": np.asarray(utils.convert_format(in_each[a], a, b, **SIZE))}
        for a, b in pairs
    ]


WILD = BOXES + dyadic((2, 3, 4), 97, -32, 32, 1 / 8)
OTHERS = BOXES[::-1, :2] + dyadic((2, 2, 4), 98, -16, 16, 1 / 8)


def box_utils():
    utils = keras.utils.bounding_boxes
    clip = lambda boxes, **named: utils.clip_to_image_size({"boxes": boxes, "labels": CLASSES}, **named)
    clipped = clip(WILD, **SIZE)
    relative = clip(WILD / np.float32(8), bounding_box_format="rel_xyxy")
    turn = {"angle": np.array([30, -75], "float32"), "translate_x": np.array([0.25, 0], "float32"), "translate_y": np.array([0, -0.5], "float32")}
    turn |= {"scale": np.array([1.5, 0.75], "float32"), "shear_x": np.array([10, 0], "float32"), "shear_y": np.array([0, 20], "float32")}
    deltas = utils.encode_box_to_deltas(BOXES[0], BOXES[1], "xyxy", "xyxy", variance=[0.1, 0.1, 0.2, 0.2])
    back = utils.decode_deltas_to_boxes(BOXES[0], deltas, "xyxy", "xywh", variance=[0.1, 0.1, 0.2, 0.2])
    plain = utils.encode_box_to_deltas(BOXES[0], BOXES[1], "xyxy", "rel_xyxy", encoding_format="center_xywh", image_shape=(5, 6, 3))
    return {
        "wild": WILD,
        "others": OTHERS,
        "classes": CLASSES,
        "clipped": {name: np.asarray(value) for name, value in clipped.items()},
        "clipped_relative": {name: np.asarray(value) for name, value in relative.items()},
        "turn": turn,
        "turned": np.asarray(utils.affine_transform(BOXES, **{name: keras.ops.convert_to_tensor(value) for name, value in turn.items()}, **SIZE)),
        "cropped": np.asarray(utils.crop(WILD, 1, 2, 3, 4)),
        "padded": np.asarray(utils.pad(WILD, 1, 2)),
        "boxes": BOXES,
        "iou": np.asarray(utils.compute_iou(BOXES, OTHERS, "xyxy")),
        "iou_alone": np.asarray(utils.compute_iou(BOXES[0], OTHERS[0], "xyxy")),
        "iou_relative": np.asarray(utils.compute_iou(BOXES / np.float32(8), OTHERS / np.float32(8), "rel_xywh", image_shape=(5, 6, 3))),
        "iou_masked": np.asarray(utils.compute_iou(np.concatenate([BOXES, -np.ones((2, 1, 4), "float32")], 1), OTHERS, "xyxy", use_masking=True, mask_val=-2)),
        "ciou": np.asarray(utils.compute_ciou(BOXES[:, :2], OTHERS, "xyxy")),
        "deltas": np.asarray(deltas),
        "plain_deltas": np.asarray(plain),
        "decoded": np.asarray(back),
        "smart": np.asarray(keras.preprocessing.image.smart_resize(PHOTOS, (4, 4))),
        "photos": PHOTOS,
    }


def make():
    return {**table(CASES), "given": [given(*spec) for spec in GIVEN], "formats": formats(), "box_utils": box_utils()}
