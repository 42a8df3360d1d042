"""An exception raised while another is handled has it at the end of its chain of contexts."""

import pydron

FAIL.update({(13, 0): 'context'})


def arguments():
    return ()


@pydron.schedule
def main():
    for i in walk(10, 0, 3):
        class Local:
            a = f_int(11, i, f_int(13, i, 0))


def drive():
    try:
        return main()
    except Exception:
        return main()
