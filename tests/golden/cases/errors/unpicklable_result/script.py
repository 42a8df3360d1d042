import threading

import pydron


class Detector:
    def __init__(self, number):
        self.number = number
        self.guards = [threading.Lock()]


@pydron.functional
def calibrate(number):
    return Detector(number)


@pydron.schedule
def main():
    first = calibrate(1)
    return first


main()
