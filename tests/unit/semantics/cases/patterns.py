# --- 14 pattern: rebinding a growing list
@pydron.schedule
def main():
    out = []
    for i in range(6):
        out = out + [f_int(1, i, i)]
    return out

# --- 14 pattern: augmented list
@pydron.schedule
def main():
    out = []
    for i in range(6):
        out += [f_int(1, i, i)]
    return out

# --- 14 pattern: append
@pydron.schedule
def main():
    out = []
    for i in range(6):
        out.append(f_int(1, i, i))
    return out

# --- 11 pattern: subscript store in a list
@pydron.schedule
def main():
    out = [None] * 6
    for i in range(6):
        out[i] = f_int(1, i, i)
    return out

# --- 15 pattern: subscript store in an array
import numpy

@pydron.schedule
def main():
    out = numpy.zeros(6)
    for i in range(6):
        out[i] = f_int(1, i, i)
    return out

# --- 11 pattern: subscript store in a dictionary
@pydron.schedule
def main():
    d = {}
    for k in "abcd":
        d[k] = f_int(1, k, k)
    return d

# --- 51 pattern: a loop that prints every result
@pydron.schedule
def main():
    for i in range(6):
        print(i, f_int(1, i, i))

# --- 26 pattern: condition, second call, append
@pydron.schedule
def main():
    out = []
    for i in range(6):
        result = f_int(1, i, i)
        if result > 5:
            better = f_int(2, i, result)
            out.append(better)
        elif result > 2:
            out.append(result)
    return out, result

# --- 45 pattern: a pipeline per item, and a running total
@pydron.schedule
def main():
    out = []
    total = 0
    for i in range(5):
        a = f_int(1, i, i)
        b = f_int(2, i, a)
        c = f_int(3, i, b)
        total = f_int(4, i, total, c)
        out.append(c)
    return out, total

# --- 26 pattern: nested loops over a grid
@pydron.schedule
def main():
    grid = []
    for i in range(3):
        row = []
        for j in range(3):
            row.append(f_int(1, (i, j), i, j))
        grid.append(row)
        print(i, sum(row))
    return grid, [max(row) for row in grid]

# --- 10 pattern: results with attributes, from the front page
@pydron.schedule
def main():
    out = []
    for i in range(5):
        result = f_box(1, i, i)
        if result.v > 3:
            out.append(f_box(2, i, result))
        print(i, result.v)
    return out

# --- 9 pattern: reductions of pending values
@pydron.schedule
def main():
    values = [f_int(1, i, i) for i in range(6)]
    best = max(values)
    mean = sum(values) / len(values)
    ranked = sorted(range(6), key=lambda i: -values[i])
    return best, mean, ranked, values.index(best), any(v > 3 for v in values), [v for v in values if v > mean]

# --- 16 pattern: the best so far, by a pending comparison
@pydron.schedule
def main():
    best = None
    for i in range(6):
        box = f_box(1, i, i)
        if best is None or box.v > best.v:
            best = box
            print("better", i, best.v)
    return best

# --- 14 pattern: grouping by a pending key
@pydron.schedule
def main():
    groups = {}
    for i in range(6):
        key = f_int(1, i, i) % 3
        groups.setdefault(key, []).append(f_int(2, i, i))
    counts = {}
    for key in groups:
        counts[key] = counts.get(key, 0) + len(groups[key])
    return groups, counts

# --- 28 pattern: bad items are skipped
@pydron.schedule
def main():
    out = []
    bad = []
    for i in range(5):
        try:
            a = f_int(1, i, i)
            b = f_int(2, i, a)
        except ValueError as error:
            print("skipped", i, error)
            bad.append((i, error.args))
            continue
        out.append((a, b))
    return out, bad

# --- 14 pattern: a queue of work that grows by pending results
@pydron.schedule
def main():
    queue = [9, 14]
    seen = []
    while queue:
        item = queue.pop(0)
        seen.append(item)
        if item > 2:
            queue.append(f_less(1, (len(seen), item), item))
    return seen

# --- 12 pattern: a matrix of rows that share one object
@pydron.schedule
def main():
    row = [0, 0]
    grid = [row] * 2
    for i in range(2):
        for j in range(2):
            grid[i][j] = f_int(1, (i, j), grid)
    return grid, row

# --- 8 pattern: default by or, guard by and
@pydron.schedule
def main():
    out = []
    for i in range(5):
        found = f_ints(1, i, i) and f_ints(2, i, i)[0] or f_int(3, i, i)
        out.append(found if found is not None else -1)
    return out
