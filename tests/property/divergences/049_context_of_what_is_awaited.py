"""An error that comes out of what is awaited keeps its context, also where another is being handled."""

import asyncio

import pydron


def arguments():
    return ()


class Leaves:
    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        try:
            raise KeyError
        except KeyError as cause:
            raise IndexError from cause


def delegate():
    yield
    try:
        raise KeyError
    except KeyError as cause:
        raise IndexError from cause


def show(error):
    while error is not None:
        print(type(error).__name__)
        error = error.__context__


@pydron.schedule
async def leave():
    f_int(1, 0)
    try:
        async with Leaves():
            raise ValueError
    except* TypeError:
        pass


@pydron.schedule
def generator():
    f_int(2, 0)
    try:
        raise ValueError
    except* ValueError:
        yield from delegate()


def drive():
    for run in lambda: asyncio.run(leave()), lambda: list(generator()):
        try:
            run()
        except BaseException as error:
            show(error)
