"""simulation: event queue, OO with mutation, operator overloading, properties, random with seeds"""

import random, math, heapq, copy, statistics
import pydron


class Vec:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, o):
        return Vec(self.x + o.x, self.y + o.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __iadd__(self, o):
        self.x += o.x
        self.y += o.y
        return self

    def __eq__(self, o):
        return (self.x, self.y) == (o.x, o.y)

    def __repr__(self):
        return f"Vec({self.x:.3f}, {self.y:.3f})"

    def __abs__(self):
        return math.hypot(self.x, self.y)


@pydron.functional
def force(p, q):
    dx, dy = q.x - p.x, q.y - p.y
    r = math.hypot(dx, dy) + 1e-3
    return Vec(dx / r**2, dy / r**2)


@pydron.functional
def monte_carlo(seed, n):
    rng = random.Random(seed)
    return sum(rng.random() ** 2 + rng.random() ** 2 < 1 for _ in range(n))


class Body:
    count = 0

    def __init__(self, pos, vel):
        Body.count += 1
        self.id = Body.count
        self.pos, self.vel = pos, vel
        self.trace = []

    def kick(self, f, dt):
        self.vel += f * dt
        return self

    def drift(self, dt):
        self.pos = self.pos + dt * self.vel
        self.trace.append(abs(self.pos))

    @property
    def energy(self):
        return 0.5 * abs(self.vel) ** 2


@pydron.schedule
def nbody(n, steps, dt):
    random.seed(7)
    bodies = [Body(Vec(random.random(), random.random()), Vec(0, 0)) for _ in range(n)]
    log = []
    for t in range(steps):
        forces = [Vec(0, 0) for _ in bodies]
        for i, a in enumerate(bodies):
            for j in range(i + 1, len(bodies)):
                f = force(a.pos, bodies[j].pos)
                forces[i] += f
                forces[j] += -1 * f
        for b, f in zip(bodies, forces):
            b.kick(f, dt).drift(dt)
        e = sum(b.energy for b in bodies)
        log.append(round(e, 6))
        if e > 50:
            print("hot at", t)
            break
    return log, bodies[0].pos, [b.id for b in bodies], statistics.fmean(bodies[-1].trace)


@pydron.schedule
def pi(total, chunk):
    inside, done, history = 0, 0, []
    seeds = iter(range(1000))
    while done < total:
        inside += monte_carlo(next(seeds), chunk)
        done += chunk
        estimate = 4 * inside / done
        history.append(estimate)
        if len(history) > 3 and max(history[-3:]) - min(history[-3:]) < 0.002:
            break
    return estimate, len(history)


@pydron.schedule
def events(horizon):
    queue = [(0.0, 0, "start")]
    seen, served, tie = [], 0, 1
    while queue:
        when, _, what = heapq.heappop(queue)
        if when > horizon:
            break
        seen.append(what)
        if what == "start" or what == "arrive":
            gap = monte_carlo(tie, 10) / 4 + 0.1
            heapq.heappush(queue, (when + gap, tie, "arrive"))
            tie += 1
            if what == "arrive":
                heapq.heappush(queue, (when + gap / 2, tie, "leave"))
                tie += 1
        else:
            served += 1
    snapshot = copy.deepcopy(queue)
    queue.clear()
    return len(seen), served, snapshot, random.random()


@pydron.schedule
def genetic(size, gens):
    rng = random.Random(11)
    pop = [[rng.randint(0, 1) for _ in range(16)] for _ in range(size)]
    best = None
    for g in range(gens):
        scored = sorted(
            ((monte_carlo(sum(b << i for i, b in enumerate(ind)), 20) + sum(ind), ind) for ind in pop), reverse=True
        )
        if best is None or scored[0][0] > best[0]:
            best = scored[0]
            print(f"gen {g}: {best[0]}")
        parents = [ind for _, ind in scored[: size // 2]]
        pop = [ind[:] for ind in parents]
        while len(pop) < size:
            a, b = rng.sample(parents, 2)
            cut = rng.randrange(1, 15)
            child = a[:cut] + b[cut:]
            if rng.random() < 0.2:
                k = rng.randrange(16)
                child[k] ^= 1
            pop.append(child)
    return best


if __name__ == "__main__":
    print(nbody(5, 6, 0.01))
    print(pi(4000, 200))
    print(events(20))
    print(genetic(8, 5))
