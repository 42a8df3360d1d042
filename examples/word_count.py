"""Which names does Python's standard library use most?

A loop that reads files, leaves some out, counts, and prints as it goes.
"""

import keyword
import sysconfig
import tokenize
from collections import Counter
from pathlib import Path

import pydron

SMALL = 3000


@pydron.functional
def count_names(path):
    """Count the names in one Python file."""
    names: Counter[str] = Counter()
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                names[token.string] += 1
    return names


@pydron.schedule
def count_all(paths):
    totals: Counter[str] = Counter()
    small = 0
    for path in paths:
        names = count_names(path)
        if names.total() < SMALL:
            small += 1
            continue
        favourite, times = names.most_common(1)[0]
        print(f"{path.name:20} {names.total():6,} names, {favourite} {times} times")
        totals += names
    print(f"and {small} files with fewer than {SMALL:,} names")
    return totals


library = Path(sysconfig.get_path("stdlib"))
totals = count_all(sorted(library.glob("*.py")))
print("most used of all:", ", ".join(f"{name} {times:,}" for name, times in totals.most_common(8)))
