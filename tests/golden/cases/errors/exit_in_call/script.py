import sys

import pydron


@pydron.functional
def check(x):
    if x == 2:
        sys.exit("there is no 2")
    return x


@pydron.schedule
def main():
    for x in range(4):
        found = check(x)
        print("checked", found)


main()
