import threading

import pydron

lock = threading.Lock()
count = pydron.functional(lambda x: (lock.acquire(), x)[1])


@pydron.schedule
def main():
    return count(1)


main()
