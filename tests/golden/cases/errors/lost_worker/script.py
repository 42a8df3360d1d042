import os

import pydron


@pydron.functional
def leave(x):
    os._exit(3)


@pydron.schedule
def main():
    value = leave(1)
    return value


main()
