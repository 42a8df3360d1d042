"""Scan a parameter coarsely, and look closer only where something happens.

The logistic map x -> r x (1 - x) is orderly for some r and chaotic for others: its Lyapunov exponent changes sign. Each
interval in which that happens is halved a few times to find the edge of chaos.
"""

import math

import pydron


@pydron.functional
def exponent(r, steps=120_000):
    """Return how fast neighbouring orbits part (positive: chaos) or meet (negative: order)."""
    x, total = 0.5, 0.0
    for _ in range(200):
        x = r * x * (1.0 - x)
    for _ in range(steps):
        x = r * x * (1.0 - x)
        total += math.log(abs(r * (1.0 - 2.0 * x)) + 1e-12)
    return total / steps


@pydron.schedule
def edge(low, high):
    """Narrow the interval in which order becomes chaos, or chaos order."""
    at_low = exponent(low)
    for _ in range(7):
        middle = (low + high) / 2
        if (exponent(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


@pydron.schedule
def scan(start, stop, count):
    rates = [start + (stop - start) * number / count for number in range(count + 1)]
    exponents = [exponent(rate) for rate in rates]
    edges = []
    for number in range(count):
        print(f"r = {rates[number]:.3f} {exponents[number]:+.3f} {'#' * max(0, round(exponents[number] * 60))}")
        if (exponents[number] > 0) != (exponents[number + 1] > 0):
            edges.append(edge(rates[number], rates[number + 1]))
    return edges


for rate in scan(3.52, 3.98, 23):
    print(f"order and chaos meet at r = {rate:.4f}")
