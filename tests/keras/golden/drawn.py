"""Arrays drawn from NumPy's frozen legacy generator, which files hold by how they were drawn: see tests/keras/drawn.ts."""

import numpy as np

# How arrays were drawn, by what they hold.
_RECIPES = {}


def _key(array):
    return str(array.dtype), array.shape, array.tobytes()


def draw(shape, dtype, recipe):
    """Integers from `low` to `high`, times `step`, plus `offset`."""
    integers = np.random.RandomState(recipe["seed"]).randint(recipe["low"], recipe["high"] + 1, shape)
    return np.asarray(integers * recipe["step"] + recipe["offset"], dtype)


def drawn(shape, seed, low, high, step=1, offset=0, dtype="float32"):
    """The same, remembered for `recipe_of`."""
    recipe = {"seed": seed, "low": low, "high": high, "step": step, "offset": offset}
    array = draw(shape, dtype, recipe)
    _RECIPES[_key(array)] = recipe
    return array


def recipe_of(array):
    """How an array of these elements was drawn, if one was."""
    return _RECIPES.get(_key(array))
