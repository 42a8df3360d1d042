import threading

import pydron


class Camera:
    def __init__(self):
        self.settings = {"lock": threading.Lock()}


@pydron.functional
def expose(camera, seconds):
    return seconds


@pydron.schedule
def main():
    camera = Camera()
    first = expose(camera, 1)
    return first


main()
