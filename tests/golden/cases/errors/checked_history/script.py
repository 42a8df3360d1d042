import pydron

history = {"names": ["first"]}


def remember(name):
    if name != "ada":
        history["names"].append(name)


@pydron.functional
def greet(name):
    remember(name)
    return f"hello {name}"


@pydron.schedule
def main(names):
    for name in names:
        print(greet(name))


main(["ada", "grace"])
