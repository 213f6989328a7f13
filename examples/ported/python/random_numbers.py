"""The random numbers of examples/random_numbers.ts, for data that is the same in both languages."""

import math


def random_numbers(seed):
    state = seed * 2654435761 % 2147483646 + 1

    def random():
        nonlocal state
        state = state * 48271 % 2147483647
        return state / 2147483647

    return random


def normal_number(random):
    return math.sqrt(-2 * math.log(1 - random())) * math.cos(2 * math.pi * random())


def random_integer(random, limit):
    return int(limit * random())
