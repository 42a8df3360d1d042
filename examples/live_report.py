"""A report that is written, line by line, while the calls that follow are under way.

Output that is not `print`: a file, and a table that the program looks at again.
"""

import tempfile
from pathlib import Path

import pydron

records: dict[int, int] = {}


@pydron.functional
def longest_run(start):
    """Return the number below `start + 20000` with the longest Collatz sequence, and that length."""
    best = (0, 0)
    for number in range(start, start + 20_000):
        value, steps = number + 1, 0
        while value != 1:
            value = value // 2 if value % 2 == 0 else 3 * value + 1
            steps += 1
        best = max(best, (steps, number + 1))
    return best


@pydron.ordered
def write_line(path, text):
    with path.open("a") as file:
        file.write(text + "\n")


@pydron.ordered(writes="records")
def set_record(steps, number):
    records[steps] = number


@pydron.ordered(reads="records")
def is_record(steps):
    return all(steps > other for other in records)


@pydron.schedule
def report(path):
    for start in range(0, 160_000, 20_000):
        steps, number = longest_run(start)
        if is_record(steps):
            set_record(steps, number)
            write_line(path, f"{number:8,} takes {steps} steps, a record")
        else:
            write_line(path, f"{number:8,} takes {steps} steps")


with tempfile.TemporaryDirectory() as folder:
    report(Path(folder) / "report.txt")
    print((Path(folder) / "report.txt").read_text(), end="")
print("record holders:", *records.values())
