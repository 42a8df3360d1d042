import pydron


@pydron.functional
def half(x):
    return x / 2


@pydron.schedule(strict=True)
def main(x):
    y = half(x)
    return locals()


main(1)
