"""An exception of a call keeps its own context although the caller handles another."""

import pydron

FAIL.update({(1, (0, 1)): 'quiet'})


@pydron.schedule
def main(xs):
    {e: f_int(1, (0, e)) for e in xs}


def arguments():
    return ([1],)


def drive(xs):
    try:
        return main()
    except Exception:
        return main(xs)
