import pydron


@pydron.functional
def total(values):
    return sum(values)


@pydron.schedule
def main():
    return total(x * x for x in range(4))


main()
