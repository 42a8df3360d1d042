import pydron


@pydron.functional
def f(x):
    return x


@pydron.schedule
def main():
    return f(1)


main()
