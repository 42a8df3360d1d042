"""Waiting calls: calls of functional coroutine functions, thousands of which wait on one event loop.

`room` makes them, `side` has the loop of its own that they wait on by default, `coroutines` is what the decorator makes
of a coroutine function.
"""
