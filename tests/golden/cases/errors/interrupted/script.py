import time

import pydron


@pydron.functional
def wait(x):
    time.sleep(60)
    return x


@pydron.schedule
def main():
    print("begun", flush=True)
    slow = wait(1)
    return slow + 1


main()
