"""What a handler does before it passes Ctrl-C on has happened."""

import pydron

FAIL.update({("iadd", 4): "interrupt"})

def arguments():
    return [], Num(4)

@pydron.schedule
def main(ys, u0):
    try:
        if any((0 for e in f_sorted(ys))):
            pass
        else:
            u0 += 3
    except BaseException as error:
        say(9, 0)
        raise

def drive(ys, u0):
    main(ys, u0)
