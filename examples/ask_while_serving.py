"""A server whose handler is a scheduled coroutine: it asks for prices and keeps a worker busy, and others are served
meanwhile. Where the prices come from is a toy.
"""

import asyncio

import pydron

PRICES = {"apple": 3, "pear": 4, "fig": 7}
SERVED = {"orders": 0, "items": 0}


@pydron.functional
async def price_of(item):
    await asyncio.sleep(0.05)
    return PRICES[item]


@pydron.functional
def postage(items):
    return sum(number * items % 7 for number in range(300_000)) % 5 + items


@pydron.schedule
async def total(items):
    cost = 0
    for item in items:
        try:
            price = await price_of(item)
        except KeyError:
            continue
        cost += price if price < 5 else 2 + await price_of("pear")
        SERVED["items"] += 1
    SERVED["orders"] += 1
    return cost + postage(len(items))


async def serve(reader, writer):
    items = (await reader.readline()).decode().split()
    writer.write(f"{await total(items)}\n".encode())
    writer.close()


async def order(port, *items):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((" ".join(items) + "\n").encode())
    answer = await reader.readline()
    writer.close()
    return f"{len(items)} items cost {int(answer)}"


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        orders = order(port, "apple", "fig"), order(port, "pear", "plum", "pear"), order(port, *["fig"] * 20)
        print(*await asyncio.gather(*orders), SERVED, sep="\n")


asyncio.run(main())
