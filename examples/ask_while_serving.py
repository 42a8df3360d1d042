"""A server on an event loop: its handler is a scheduled coroutine, which asks other services and keeps workers busy.

The services are toys in this program. While a question waits, for a service or for a worker, others are served.
"""

import asyncio

import pydron

PRICES = {"apple": 3, "pear": 4, "fig": 7}
WEIGHTS = {"apple": 2, "pear": 2, "fig": 1}
STATISTICS = {"served": 0, "items": 0}


@pydron.functional
async def price_of(item):
    await asyncio.sleep(0.05)
    return PRICES[item]


@pydron.functional
async def weight_of(item):
    await asyncio.sleep(0.05)
    return WEIGHTS[item]


@pydron.functional
def postage(weight):
    total = 0
    for number in range(200_000):
        total += number * weight % 7
    return total % 5 + weight


@pydron.schedule
async def total(items):
    cost = weight = 0
    for item in items:
        try:
            cost += await price_of(item)
        except KeyError:
            continue
        weight += await weight_of(item)
        STATISTICS["items"] += 1
    STATISTICS["served"] += 1
    return cost + postage(weight)


async def serve(reader, writer):
    items = (await reader.readline()).decode().split()
    writer.write(f"{await total(items)}\n".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def order(port, *items):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((" ".join(items) + "\n").encode())
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(answer)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        orders = [order(port, "apple", "fig"), order(port, "pear", "plum", "pear"), order(port, *["fig"] * 20)]
        for answer in await asyncio.gather(*orders):
            print("costs", answer)
    print("served", STATISTICS["served"], "with", STATISTICS["items"], "items")


asyncio.run(main())
