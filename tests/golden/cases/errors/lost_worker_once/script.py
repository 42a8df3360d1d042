import os
import signal

import pydron


@pydron.functional(retries=0)
def leave(x):
    os.kill(os.getpid(), signal.SIGKILL)


@pydron.schedule
def main():
    value = leave(1)
    return value


main()
