import threading

import pydron


class Trouble(Exception):
    def __init__(self, what, code):
        super().__init__(f"{what} ({code})")
        self.code = code
        self.lock = threading.Lock()


@pydron.functional
def measure(x):
    try:
        return 1 / x
    except ZeroDivisionError as error:
        raise Trouble("no value", 17) from error


@pydron.schedule
def main():
    try:
        measure(0)
    except Trouble as trouble:
        print("code", trouble.code)
    return measure(0)


main()
