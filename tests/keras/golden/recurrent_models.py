"""Models with recurrent layers as JSON: the same as in models.py."""

from models import table
from recurrent_files import recurrent, stacked, stateful


def make():
    return table([recurrent, stacked, stateful])
