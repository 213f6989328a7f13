"""Models of Keras at random: layers of every kind with options at random, joined at random.

A seed gives a model. What Keras itself refuses is left out, so that a model may have fewer layers than were drawn.
"""

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, ops

LARGEST = 3000
ACTIVATIONS = [
    *["relu", "tanh", "sigmoid", "softmax", "gelu", "silu", "swish", "elu", "selu", "leaky_relu", "softplus", "softsign"],
    *["relu6", "hard_sigmoid", "hard_silu", "hard_swish", "mish", "log_softmax", "exponential", "log_sigmoid", "celu"],
    *["hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus"],
    *["sparse_sigmoid", "sparsemax", "linear"],
]
INITIALIZERS = ["glorot_normal", "he_normal", "zeros", "ones", "orthogonal", "random_normal", "lecun_uniform"]
BROKEN = (ValueError, TypeError, AttributeError, IndexError, NotImplementedError, AssertionError, KeyError)


class Maker:
    """Draws options, and makes layers and models of them."""

    def __init__(self, random, steady=False):
        """`steady` models have nothing in them that training draws at random."""
        self.random = random
        self.steady = steady
        # TensorFlow has no convolutions of channels first on a CPU, and rounds in its bicubic kernel.
        self.convolves_first = keras.backend.backend() != "tensorflow"
        self.interpolations = ["nearest", "bilinear", "lanczos3", "lanczos5", *(["bicubic"] if self.convolves_first else [])]

    def one(self, *items):
        return self.random.choice(items)

    def maybe(self, chance=0.5):
        return self.random.random() < chance

    def whole(self, low, high):
        return self.random.randint(low, high)

    def number(self, low, high):
        return round(self.random.uniform(low, high), 3)

    def activation(self):
        if self.maybe(0.08):
            return self.one(layers.LeakyReLU(0.2), layers.ReLU(4.0), layers.ELU(0.7), layers.Softmax())
        return self.one(*ACTIVATIONS) if self.maybe(0.7) else None

    def regularizer(self):
        made = [keras.regularizers.L1(self.number(0, 0.1)), keras.regularizers.L2(self.number(0, 0.1))]
        made += [keras.regularizers.L1L2(0.01, 0.02), "l2", keras.regularizers.OrthogonalRegularizer(0.05, self.one("rows", "columns"))]
        return self.one(*made)

    def constraint(self):
        made = [keras.constraints.MaxNorm(self.number(0.5, 2), self.one(0, -1)), keras.constraints.NonNeg(), "unit_norm"]
        return self.one(*made, keras.constraints.MinMaxNorm(0.2, 0.9, 0.75))

    def of_weights(self, *names):
        """Options on weights; those on vectors suit any."""
        chosen = {}
        for name in names:
            if self.maybe(0.25):
                vector = name in ("bias", "beta", "gamma")
                simple = self.one("zeros", "ones", keras.initializers.Constant(0.25))
                chosen[f"{name}_initializer"] = simple if vector else self.one(*INITIALIZERS)
            if self.maybe(0.15):
                made = self.regularizer()
                flat = isinstance(made, keras.regularizers.OrthogonalRegularizer)
                chosen[f"{name}_regularizer"] = "l1" if flat else made
            if self.maybe(0.1):
                chosen[f"{name}_constraint"] = self.constraint()
        return chosen

    def sums(self, *kernels):
        """Options of layers with kernels and a bias."""
        chosen = {"activation": self.activation(), "use_bias": self.maybe(0.8), **self.of_weights(*kernels, "bias")}
        if self.maybe(0.1):
            chosen["activity_regularizer"] = self.one("l1", "l2", keras.regularizers.L1L2(0.01, 0.01))
        return chosen

    def axes(self, rank):
        """Axes but the first, as one or as a list."""
        if self.maybe(0.6):
            return self.one(-1, self.whole(1, rank - 1))
        return sorted(self.random.sample(range(1, rank), self.whole(1, rank - 1)))

    def per_axis(self, rank, low, high):
        return self.whole(low, high) if self.maybe() else tuple(self.whole(low, high) for _ in range(rank))

    def sides(self, rank, high):
        if self.maybe(0.4):
            return self.whole(0, high)
        pair = lambda: (self.whole(0, high), self.whole(0, high))
        if rank == 1:
            return pair()
        return tuple(pair() for _ in range(rank)) if self.maybe() else tuple(self.whole(0, high) for _ in range(rank))

    def format(self):
        return {"data_format": "channels_first"} if self.maybe(0.15) else {}

    # Layers by the rank of what they take.

    def on_any(self, x):
        rank, shape = len(x.shape), x.shape
        r = self
        scaled = lambda: {"center": r.maybe(0.8), "scale": r.maybe(0.8), "epsilon": r.one(1e-3, 1e-5, 0.1)}
        makers = [
            lambda: layers.Dense(r.whole(1, 6), **r.sums("kernel")),
            lambda: layers.Activation(r.activation() or "relu"),
            lambda: layers.ReLU(r.one(None, 2.0), r.one(0, 0.1), r.one(0, 0.25)),
            lambda: layers.LeakyReLU(r.number(0, 0.5)),
            lambda: layers.PReLU(shared_axes=r.one(None, [rank - 1], list(range(1, rank))), **r.of_weights("alpha")),
            lambda: layers.ELU(r.number(0.1, 2)),
            lambda: layers.Softmax(r.axes(rank)),
            lambda: layers.Identity(),
            lambda: layers.BatchNormalization(r.one(-1, r.whole(1, rank - 1)), r.number(0.5, 0.99), **scaled()),
            lambda: layers.LayerNormalization(r.axes(rank), **scaled()),
            lambda: layers.RMSNormalization(-1, r.one(1e-6, 0.01)),
            lambda: layers.UnitNormalization(r.axes(rank)),
            lambda: layers.GroupNormalization(r.one(1, 2, 3, -1), r.one(-1, r.whole(1, rank - 1)), **{**scaled(), "epsilon": 0.01}),
            lambda: layers.ActivityRegularization(r.number(0, 0.1), r.number(0, 0.1)),
            lambda: layers.Rescaling(r.number(-2, 2), r.number(-1, 1)),
            lambda: layers.Normalization(-1, mean=[r.number(-1, 1) for _ in range(shape[-1])], variance=[r.number(0.5, 2) for _ in range(shape[-1])], invert=r.maybe(0.2)),
            lambda: layers.Flatten(**r.format()),
            lambda: layers.Reshape(r.reshaped(shape[1:])),
        ]
        if rank > 2:
            makers.append(lambda: layers.Permute(r.random.sample(range(1, rank), rank - 1)))
            makers.append(lambda: layers.Masking(r.one(0.0, 1.5)) if rank == 3 else layers.Identity())
        if not self.steady:
            makers += [
                lambda: layers.Dropout(r.number(0, 0.9), seed=r.one(None, 3)),
                lambda: layers.GaussianDropout(r.number(0, 0.9)),
                lambda: layers.GaussianNoise(r.number(0, 1)),
                lambda: layers.AlphaDropout(r.number(0, 0.9)),
            ]
        return makers

    def reshaped(self, shape):
        size = int(np.prod(shape))
        divisors = [n for n in range(1, size + 1) if size % n == 0]
        first = self.one(*divisors)
        return self.one((first, -1), (-1, first), (size,), (first, size // first, 1), (-1,))

    def pool_options(self, rank):
        strides = self.one(None, self.per_axis(rank, 1, 2))
        return {"pool_size": self.per_axis(rank, 1, 3), "strides": strides, "padding": self.one("valid", "same"), **self.format()}

    def conv_options(self, rank, *kernels, causal=False):
        strided = self.maybe(0.4)
        padding = self.one("valid", "same", "causal") if causal else self.one("valid", "same")
        return {
            "kernel_size": self.per_axis(rank, 1, 3),
            "strides": self.per_axis(rank, 1, 2) if strided else 1,
            "dilation_rate": 1 if strided else self.one(1, 1, self.per_axis(rank, 1, 2)),
            "padding": padding,
            **(self.format() if padding != "causal" and self.convolves_first else {}),
            **self.sums(*kernels),
        }

    def on_space(self, x):
        """Layers of one to three axes between batch and channels."""
        r, rank = self, len(x.shape) - 2
        of = lambda name: getattr(layers, f"{name}{rank}D")

        def conv():
            options = r.conv_options(rank, "kernel", causal=rank == 1)
            channels = x.shape[1] if "data_format" in options else x.shape[-1]
            groups = r.one(*[n for n in (1, 2, 3) if channels % n == 0])
            return of("Conv")(groups * r.whole(1, 3), groups=groups, **options)

        def transposed():
            options = {**r.conv_options(rank, "kernel"), "dilation_rate": 1}
            if r.maybe(0.2) and options["strides"] == 2:
                options["output_padding"] = r.whole(0, 1)
            return getattr(layers, f"Conv{rank}DTranspose")(r.whole(1, 3), **options)

        def image_padding():
            return of("ZeroPadding")(r.sides(rank, 2), **r.format())

        def upsampled():
            if rank == 1:
                return layers.UpSampling1D(r.whole(1, 3))
            more = {"interpolation": r.one(*r.interpolations)} if rank == 2 else {}
            return of("UpSampling")(r.per_axis(rank, 1, 2), **r.format(), **more)

        makers = [
            conv,
            conv,
            transposed,
            lambda: of("MaxPooling")(**r.pool_options(rank)),
            lambda: of("AveragePooling")(**r.pool_options(rank)),
            lambda: of("GlobalMaxPooling")(keepdims=r.maybe(0.4), **r.format()),
            lambda: of("GlobalAveragePooling")(keepdims=r.maybe(0.4), **r.format()),
            image_padding,
            lambda: of("Cropping")(r.sides(rank, 1), **(r.format() if rank > 1 else {})),
            upsampled,
        ]
        if not self.steady:
            makers.append(lambda: of("SpatialDropout")(r.number(0, 0.9)))
        if rank < 3:
            makers += [
                lambda: of("SeparableConv")(r.whole(1, 4), depth_multiplier=r.whole(1, 2), **r.conv_options(rank, "depthwise", "pointwise", causal=rank == 1)),
                lambda: of("DepthwiseConv")(depth_multiplier=r.whole(1, 2), **r.conv_options(rank, "depthwise", causal=False)),
            ]
        if rank == 2:
            makers += self.on_images()
        return makers

    def on_images(self):
        r = self
        size = lambda: (r.whole(1, 8), r.whole(1, 8))

        def resizing():
            ratio = r.one({}, {}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 0.5})
            return layers.Resizing(*size(), interpolation=r.one(*r.interpolations), antialias=r.maybe(0.3), **ratio, **r.format())

        makers = [resizing, lambda: layers.CenterCrop(*size(), **r.format())]
        if not self.steady:
            makers += [
                lambda: layers.RandomFlip(r.one("horizontal", "vertical", "horizontal_and_vertical")),
                lambda: layers.RandomRotation(r.number(0, 0.5)),
                lambda: layers.RandomTranslation(0.2, (-0.1, 0.3)),
                lambda: layers.RandomZoom((-0.2, 0.2)),
                lambda: layers.RandomContrast(0.3),
                lambda: layers.RandomBrightness(0.3, value_range=(0, 1)),
            ]
        return makers

    def layer_for(self, x):
        makers = self.on_any(x)
        if len(x.shape) == 2:
            makers.append(lambda: layers.RepeatVector(self.whole(1, 4)))
        elif len(x.shape) <= 5:
            spatial = self.on_space(x)
            makers = makers + spatial if self.maybe(0.3) else spatial
        return self.one(*makers)()

    # Functions of ops.

    def function_of(self, x):
        r, rank = self, len(x.shape)
        inner = lambda: r.whole(1, rank - 1)
        names = ["abs", "exp", "square", "sin", "cos", "tan", "tanh", "arctan", "sinh", "cosh", "arcsinh", "expm1", "negative"]
        names += ["sigmoid", "relu", "softplus", "erf", "sign", "floor", "ceil", "round", "exp2", "sinc", "trunc", "gelu", "silu"]
        names += ["isfinite", "logical_not", "zeros_like", "ones_like", "deg2rad", "rad2deg", "fliplr", "cbrt", "softsign", "relu6"]
        reductions = ["sum", "mean", "max", "min", "prod", "std", "var", "logsumexp", "any", "all", "amax", "amin", "median", "count_nonzero", "ptp", "nanmax", "nansum", "nanmean"]
        makers = [
            lambda: getattr(ops, r.one(*names))(x),
            lambda: getattr(ops, r.one(*reductions))(x, axis=inner(), keepdims=r.maybe()),
            lambda: ops.sqrt(ops.abs(x) + 0.5),
            lambda: ops.log(ops.abs(x) + 0.5),
            lambda: ops.log1p(ops.square(x)),
            lambda: ops.rsqrt(ops.square(x) + 0.5),
            lambda: x * r.number(-2, 2) + r.number(-1, 1),
            lambda: r.number(-2, 2) - x / r.number(1, 3),
            lambda: -x,
            lambda: abs(x),
            lambda: x ** r.one(2, 3),
            lambda: getattr(ops, r.one("argmax", "argmin"))(x, axis=inner()),
            lambda: ops.expand_dims(x, inner()),
            lambda: ops.clip(x, -0.5, 0.75),
            lambda: ops.cumsum(x, axis=inner()),
            lambda: ops.flip(x, axis=inner()),
            lambda: ops.roll(x, r.whole(-2, 2), axis=inner()),
            lambda: ops.repeat(x, r.whole(1, 3), axis=inner()),
            lambda: ops.sort(x, axis=inner()),
            lambda: ops.diff(x, axis=inner()),
            lambda: ops.softmax(x, axis=inner()),
            lambda: ops.normalize(x, axis=inner(), order=r.one(1, 2)),
            lambda: ops.transpose(x, [0, *r.random.sample(range(1, rank), rank - 1)]),
            lambda: ops.where(x > r.number(-0.5, 0.5), x, r.number(-1, 1)),
            lambda: ops.cast(ops.cast(x, "int32"), "float32"),
            lambda: ops.take(x, r.whole(0, x.shape[-1] - 1), axis=-1),
            lambda: ops.split(x, x.shape[-1], axis=-1)[0],
            lambda: ops.unstack(x, axis=inner())[-1],
            lambda: ops.tile(x, [1] * (rank - 1) + [2]),
            lambda: ops.top_k(x, r.whole(1, x.shape[-1]))[r.whole(0, 1)],
            lambda: ops.reshape(x, (-1, int(np.prod(x.shape[1:])))),
            lambda: ops.tril(x) if rank > 2 else ops.abs(x),
            lambda: ops.triu(x, 1) if rank > 2 else ops.abs(x),
            lambda: ops.moveaxis(x, inner(), -1),
            lambda: ops.swapaxes(x, inner(), inner()),
            lambda: ops.quantile(x, 0.3, axis=inner()),
            lambda: ops.average(x, axis=inner()),
            lambda: ops.one_hot(ops.argmax(x, axis=-1), x.shape[-1]),
            lambda: ops.floor_divide(x, 0.3),
            lambda: ops.mod(x, 0.7),
            lambda: ops.squeeze(ops.expand_dims(x, -1), -1),
            lambda: x[r.key(x.shape)],
            lambda: x[r.key(x.shape)],
        ]
        if rank == 3:
            makers += [
                lambda: ops.einsum("bij,bkj->bik", x, x),
                lambda: ops.einsum("bij->bji", x),
                lambda: ops.einsum("...ij->...i", x),
                lambda: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
                lambda: ops.diagonal(x, axis1=1, axis2=2),
            ]
        return self.one(*makers)()

    def key(self, shape):
        """A key for `x[key]`: the batch is taken whole."""
        items = [slice(None)]
        for extent in shape[1 : self.whole(1, len(shape) - 1) + 1]:
            if self.maybe(0.15):
                items.append(None)
            some = slice(self.one(None, self.whole(0, extent - 1)), None, self.one(None, 1, 2))
            items.append(self.one(slice(None), self.whole(-extent, extent - 1), some, slice(None, self.one(extent, -1 if extent > 1 else None))))
        if self.maybe(0.25):
            items.append(Ellipsis)
            if self.maybe():
                items.append(None)
        return tuple(items)

    def joined(self, x, y):
        r = self
        same = [layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum]
        rank = len(x.shape)
        makers = [lambda: r.one(*same)()([x, y])] * 3
        makers += [
            lambda: layers.Concatenate(r.one(-1, r.whole(1, rank - 1)))([x, y]),
            lambda: layers.Concatenate()([x, y, x]),
            lambda: layers.Dot(r.one(1, -1, r.whole(1, rank - 1)), normalize=r.maybe(0.3))([x, y]),
            lambda: x + y,
            lambda: x * y,
            lambda: x - y,
            lambda: ops.maximum(x, y),
            lambda: ops.minimum(x, y),
            lambda: ops.stack([x, y], axis=r.whole(1, rank)),
            lambda: ops.concatenate([x, y], axis=r.whole(1, rank - 1)),
            lambda: ops.where(ops.less(x, y), x, y),
            lambda: x / (ops.abs(y) + 1.0),
            lambda: ops.arctan2(x, y),
            lambda: ops.logaddexp(x, y),
            lambda: ops.cast(ops.greater_equal(x, y), "float32"),
            lambda: ops.power(ops.abs(x) + 0.5, y),
        ]
        return self.one(*makers)()

    # Models.

    def input(self, kind=None):
        kind = kind or self.one("vector", "vector", "steps", "steps", "image", "image", "image", "volume", "words")
        if kind == "vector":
            return Input((self.whole(1, 8),))
        if kind == "steps":
            return Input((self.whole(1, 7), self.whole(1, 5)))
        if kind == "image":
            return Input((self.whole(2, 8), self.whole(2, 8), self.whole(1, 4)))
        if kind == "volume":
            return Input((self.whole(2, 4), self.whole(2, 4), self.whole(2, 4), self.whole(1, 3)))
        return Input((self.whole(2, 6),), dtype="int32")

    def embedded(self, x):
        layer = layers.Embedding(7, self.whole(1, 4), mask_zero=self.maybe(0.4), **self.of_weights("embeddings"))
        return layer(x)

    def step(self, pool, plain=False):
        """One more tensor, of one or two of the pool; None where Keras refuses."""
        x = pool[-1] if plain or self.maybe(0.65) else self.one(*pool)
        try:
            if x.dtype == "int32":
                return self.embedded(x) if len(x.shape) == 2 and x is pool[0] else ops.cast(x, "float32")
            if x.dtype == "bool":
                return ops.cast(x, "float32")
            others = [y for y in pool if y.dtype == "float32" and len(y.shape) == len(x.shape)]
            if not plain and len(others) > 1 and self.maybe(0.25):
                y = self.joined(x, self.one(*others))
            elif not plain and self.maybe(0.25):
                y = self.function_of(x)
            elif not plain and self.maybe(0.05):
                y = self.nested(x)
            else:
                y = self.layer_for(x)(x)
        except BROKEN:
            return None
        y = y[0] if isinstance(y, (list, tuple)) else y
        extents = y.shape[1:]
        if y.shape[:1] != (None,) or None in extents or 0 in extents or np.prod(extents) > LARGEST or not 2 <= len(y.shape) <= 6:
            return None
        return y

    def nested(self, x):
        inner = Input(x.shape[1:])
        pool = [inner]
        for _ in range(self.whole(1, 3)):
            y = self.step(pool, plain=True)
            if y is not None:
                pool.append(y)
        if len(pool) == 1:
            return x + 0.0
        model = Model(inner, pool[-1])
        return self.one(model(x), model(x)) if self.maybe(0.7) else model(x) + model(x)

    def functional(self):
        pool = [self.input() for _ in range(self.one(1, 1, 1, 2))]
        inputs = list(pool)
        if len(pool) == 2 and self.maybe(0.6):
            pool = inputs = [pool[0], Input(pool[0].shape[1:], dtype=pool[0].dtype)]
        made = list(pool)
        for _ in range(self.whole(2, 9)):
            y = self.step(made)
            if y is not None:
                made.append(y)
        outputs = [made[-1]]
        if self.maybe(0.3):
            outputs += self.random.sample(made[len(inputs) :], min(len(made) - len(inputs), self.whole(1, 3)))
        outputs = [y for i, y in enumerate(outputs) if not any(y is z for z in [*outputs[:i], *inputs])]
        if not outputs:
            return None
        return Model(inputs if len(inputs) > 1 else inputs[0], outputs if len(outputs) > 1 else outputs[0])

    def sequential(self):
        x = self.input()
        pool = [x]
        model = Sequential([x._keras_history.operation])
        for _ in range(self.whole(2, 8)):
            x = pool[-1]
            try:
                if x.dtype == "int32":
                    layer = layers.Embedding(7, self.whole(1, 4), mask_zero=self.maybe(0.4))
                else:
                    layer = self.layer_for(x)
                y = layer(x)
                extents = y.shape[1:]
                if None in extents or 0 in extents or np.prod(extents) > LARGEST or len(y.shape) > 6:
                    continue
                fresh = layer.__class__.from_config({**layer.get_config(), "name": None})
                model.add(fresh)
                pool.append(model.outputs[0])
            except BROKEN:
                continue
        return model if len(pool) > 1 else None

    def model(self):
        return self.sequential() if self.maybe(0.3) else self.functional()


def data_for(tensor, seed, rows):
    """Numbers that no two elements share, so that nothing is decided by a tie; whole ones for words."""
    draw = np.random.RandomState(seed)
    shape = [rows, *tensor.shape[1:]]
    if tensor.dtype == "int32":
        return draw.randint(0, 7, shape).astype("int32")
    return draw.normal(0, 1, shape).astype("float32")


def weights_for(model, seed):
    """Variances are positive, and counts whole."""
    draw = np.random.RandomState(seed)
    values = []
    for weight in model.weights:
        value = draw.normal(0, 0.6, weight.shape)
        name = weight.path.split("/")[-1]
        if name.endswith("variance") or name in ("gamma", "scale"):
            value = np.abs(value) + 0.3
        values.append((np.zeros(weight.shape) if name == "count" else value).astype(weight.dtype))
    return values
