"""Two Monte-Carlo estimates that go on until they are accurate enough.

Each `while` must see its results before it knows whether to go on, so it waits; the other one does not wait for it.
Inside, the batches of a round are independent of each other.
"""

import math
import random

import pydron

BATCHES = 4


@pydron.functional
def shoot(seed, dimensions, shots=40_000):
    """Count random points of a cube that lie in the ball inside it."""
    rng = random.Random(seed)
    hits = 0
    for _ in range(shots):
        hits += sum(rng.uniform(-1.0, 1.0) ** 2 for _ in range(dimensions)) <= 1.0
    return hits, shots


@pydron.schedule
def volume_of_ball(dimensions, accuracy):
    """Estimate the volume of the unit ball, to a relative accuracy."""
    hits, shots, seed, error = 0, 0, 0, 1.0
    while error > accuracy:
        for _ in range(BATCHES):
            new_hits, new_shots = shoot(seed, dimensions)
            hits += new_hits
            shots += new_shots
            seed += 1
        share = hits / shots
        error = math.sqrt((1.0 - share) / hits)
        print(f"{dimensions} dimensions, {shots:8,} points: {share * 2**dimensions:.3f} +- {error:.2%}")
    return share * 2**dimensions


@pydron.schedule
def main():
    disc = volume_of_ball(2, accuracy=0.0007)
    ball = volume_of_ball(4, accuracy=0.0015)
    print(f"2 dimensions: {disc:.3f} (exactly {math.pi:.3f})")
    print(f"4 dimensions: {ball:.3f} (exactly {math.pi**2 / 2:.3f})")


main()
