import time

import pydron


@pydron.functional
def stamp(name):
    return {"name": name, "at": [0, time.perf_counter()]}


@pydron.schedule
def main(names):
    for name in names:
        stamp(name)


main(["ada"])
