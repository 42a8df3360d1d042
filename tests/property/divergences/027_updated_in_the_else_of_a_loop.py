"""What an in-place operator in the else of a loop updates is awaited before the loop runs as it is written."""

import pydron

def arguments():
    return ()

@pydron.schedule
def main():
    n3, n1 = (0, f_int(13, 0))
    n0, n2 = f_pair(14, 0)
    for i3 in range(0):
        pass
    else:
        n1 += 0
        lambda q: n0

def drive():
    return main()
