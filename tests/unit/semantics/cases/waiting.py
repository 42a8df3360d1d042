# --- 30 calls of coroutine functions in a loop, their results in a list
@pydron.schedule
def main():
    out = []
    for k in range(6):
        x = a_int(1, k, k)
        if a_flag(2, k, x):
            x += a_int(3, k, x)
        out.append(x)
        print("step", k, x)
    return out

# --- 30 retries of calls of coroutine functions
@pydron.schedule
def ask(k):
    for attempt in range(3):
        try:
            return a_say((1, attempt), k, k)
        except (KeyError, ValueError) as error:
            print("again", k, attempt, type(error).__name__)
    return None

@pydron.schedule
def main():
    return [ask(k) for k in range(4)]

# --- 30 arguments of calls of coroutine functions are what they were
@pydron.schedule
def main():
    seen = []
    out = []
    for k in range(5):
        seen.append(k)
        out.append(a_int(1, k, seen, {"k": seen}))
        seen[0] = a_int(2, k, k)
    return out, seen

# --- 30 calls of coroutine functions past what may change anything
@pydron.schedule
def main():
    out = []
    for k in range(5):
        x = a_int(1, k, k)
        LOG.append(("kept", k))
        note(x)
        out.append(a_int(2, k, x, len(LOG)))
    return out

def note(x):
    STATE["n"] += 1
    LOG.append(x)

# --- 30 calls of coroutine functions among others, passed on to each other
@pydron.schedule
def main():
    total = 0
    for k in range(4):
        a = f_int(1, k, k)
        b = a_int(2, k, a)
        c = f_int(3, k, b)
        d = a_int(4, k, c, b)
        total += d
    return total

# --- 30 a while loop until an answer of a coroutine function is small
@pydron.schedule
def main():
    out = {}
    for k in range(3):
        n = 0
        while a_flag((1, n), k, n, k) and n < 6:
            n += 1
        out[k] = n
    return out

# --- 30 calls of coroutine functions in with, try and finally
class Manager:
    def __init__(self, k):
        self.k = k
    def __enter__(self):
        print("enter", self.k)
        return self.k
    def __exit__(self, kind, error, trace):
        print("exit", self.k, kind and kind.__name__)
        return kind is KeyError

@pydron.schedule
def main():
    out = []
    for k in range(3):
        with Manager(k) as j:
            try:
                out.append(a_say(1, k, j))
                out.append(a_say(2, k, j))
            finally:
                print("finally", k)
                out.append(a_int(3, k))
    return out
