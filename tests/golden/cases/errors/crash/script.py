import ctypes

import pydron


@pydron.functional
def text(address):
    return ctypes.string_at(address)


@pydron.schedule
def main():
    found = text(0)
    return found


main()
