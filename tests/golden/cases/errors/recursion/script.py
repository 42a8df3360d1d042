import pydron


@pydron.functional
def leaf(x):
    return x


@pydron.schedule
def tree(x):
    return tree(x + 1) + leaf(x)


try:
    tree(0)
except RecursionError as error:
    print(type(error).__name__, error)
