"""numerics: in-place arrays, views, broadcasting, while loops"""

import numpy as np
import scipy.ndimage as nd
import scipy.optimize as so

import pydron

blur = pydron.functional(nd.gaussian_filter)


@pydron.functional
def residual(block, k):
    return np.abs(block - block.mean()) ** k


@pydron.functional
def root(a):
    return so.brentq(lambda x: x**3 - a, 0, 10)


@pydron.functional
def step(u, dt):
    return u + dt * nd.laplace(u)


@pydron.schedule
def heat(n, tol):
    rng = np.random.default_rng(3)
    u = rng.random((n, n))
    norms = []
    it = 0
    while True:
        new = step(u, 0.1)
        d = float(np.max(np.abs(new - u)))
        norms.append(d)
        u = new
        it += 1
        if d < tol or it >= 60:
            break
    else:
        print("never")
    return it, norms[-1], float(u.sum())


@pydron.schedule
def blocks(a, size):
    out = np.zeros_like(a)
    means = np.empty((a.shape[0] // size, a.shape[1] // size))
    for i in range(0, a.shape[0], size):
        for j in range(0, a.shape[1], size):
            view = a[i : i + size, j : j + size]
            out[i : i + size, j : j + size] = residual(view, 2)
            means[i // size, j // size] = out[i : i + size, j : j + size].mean()
    smooth = blur(out, 1.5)
    out -= smooth
    out[out < 0] = 0
    roots = [root(m + 0.5) for m in means.ravel()]
    mask = means > np.median(means)
    means[mask] *= 2
    total = 0.0
    for row, r in zip(means, roots):
        total += row.sum() * r
    q, r = np.linalg.qr(means)
    return out.sum(), means.sum(), np.round(roots, 6).tolist()[:4], total, np.allclose(q @ r, means)


@pydron.schedule
def newton(starts):
    found = set()
    table = {}
    for s in starts:
        x, steps = s, 0
        while abs(x * x - 2) > 1e-9 and steps < 50:
            x = x - float(root(abs(x * x - 2) + 1e-3) * 0 + (x * x - 2) / (2 * x))
            steps += 1
        found.add(round(x, 6))
        table[s] = steps
    return found, table


if __name__ == "__main__":
    print(heat(40, 1e-2))
    print(*blocks(np.arange(4096.0).reshape(64, 64) / 500, 16))
    print(newton([1.0, 3.0, -2.0, 5.5]))
