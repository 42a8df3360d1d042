import pydron


@pydron.functional
def squares(count):
    for number in range(count):
        yield number * number


@pydron.schedule
def main():
    return sum(squares(4))


main()
