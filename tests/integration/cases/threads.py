import sys, threading, concurrent.futures as cf, argparse, asyncio, atexit, time, os, queue
import pydron

atexit.register(print, "bye")


@pydron.functional
def slow(x):
    time.sleep(0.01)
    return x * 2


@pydron.schedule
def total(n):
    t = 0
    for i in range(n):
        t += slow(i)
    return t


@pydron.schedule
def producer(n, q):
    for i in range(n):
        q.put(slow(i))
    q.put(None)


def main(argv=None):
    p = argparse.ArgumentParser()
    p.add_argument("--n", type=int, default=5)
    a = p.parse_args(argv)
    with cf.ThreadPoolExecutor(4) as ex:
        print(list(ex.map(total, range(a.n))))

    async def many():
        return await asyncio.gather(*(asyncio.to_thread(total, i) for i in range(4)), asyncio.sleep(0, 7))

    print(asyncio.run(many()))

    async def inside():
        return total(3)

    print(asyncio.run(inside()))
    q = queue.Queue()
    t = threading.Thread(target=producer, args=(4, q))
    t.start()
    print([x for x in iter(q.get, None)])
    t.join()
    r = []
    ts = [threading.Thread(target=lambda k=k: r.append((k, total(k)))) for k in range(5)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    print(sorted(r))
    print(total(4))
    sys.exit(3)


main()
