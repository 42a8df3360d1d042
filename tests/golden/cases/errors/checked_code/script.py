import random
from random import shuffle

import numpy as np

import pydron

calls = 0


def declare(function):
    try:
        pydron.functional(function)
    except pydron.ContractError as error:
        print(error)
    else:
        print("functional", function.__name__, "may keep its promise")


@declare
def counts(image):
    global calls
    calls += 1
    return len(image)


def make():
    total = 0

    @declare
    def adds(x):
        nonlocal total
        total += x
        return total

    @declare
    def has_its_own(xs):
        own = 0

        def add(x):
            nonlocal own
            own += x

        for x in xs:
            add(x)
        return own

    return adds, has_its_own


@declare
def draws(x):
    return [x + random.random() for _ in range(3)]


@declare
def shuffles(xs):
    xs = list(xs)
    shuffle(xs)
    return xs


@declare
def draws_arrays(n):
    return np.random.normal(size=n)


@declare
def draws_with_a_seed(n, seed):
    return np.random.default_rng(seed).normal(size=n) + random.Random(seed).random()


make()
