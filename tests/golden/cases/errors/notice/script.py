import pydron


@pydron.functional
def half(x):
    return x / 2


@pydron.schedule
def main(x):
    y = half(x)
    return locals()


@pydron.schedule
def steps(x):
    while x > 1:
        x = half(x)
        yield x


scheduled = {"pydron": pydron, "half": half}
exec("@pydron.schedule\ndef quarter(x):\n    return half(half(x))", scheduled)

for x in 1, 2, 3:
    print(main(x), *steps(x), scheduled["quarter"](x))
