import pydron


@pydron.functional
def normalise(values):
    values.sort()
    return values[0]


@pydron.schedule
def main():
    values = [3, 1, 2]
    lowest = normalise(values)
    return lowest


main()
