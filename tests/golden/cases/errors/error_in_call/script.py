import pydron


@pydron.functional
def share(total, people):
    return total / people


@pydron.schedule
def main():
    shares = []
    for people in (2, 1, 0):
        shares.append(share(12, people))
    return shares


main()
