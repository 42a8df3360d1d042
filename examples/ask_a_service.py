"""Questions to a web service, asked one after the other: the calls wait together all the same.

The service is a toy in a thread of this program, slow and often too busy at first.
"""

import asyncio
import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pydron

KINDS = {"moon": "satellite", "sun": "star", "io": "satellite", "vega": "star"}


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        _, word, attempt = self.path.split("/")
        time.sleep(0.2)
        self.send_response_only(503 if len(word) % 3 and attempt == "0" else 200)
        with contextlib.suppress(ConnectionError):  # nobody waits for the answer any more
            self.end_headers()
            self.wfile.write(KINDS.get(word, "unknown").encode())


@pydron.functional
async def ask(port, word, attempt):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /{word}/{attempt} HTTP/1.0\r\n\r\n".encode())
    head, _, text = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    if " 503 " in head:
        raise ConnectionError(word)
    return text


@pydron.schedule
def describe(port, words):
    kinds = {}
    for word in words:
        for attempt in range(3):
            try:
                kind = ask(port, word, attempt)
                break
            except ConnectionError:
                print("too busy for", word)
        else:
            kind = "never answered"
        if kind == "unknown":
            kind = f"not the same as {ask(port, word + 's', 1)}"
        kinds[word] = kind
    return kinds


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(describe(server.server_port, [*KINDS, "pluto", "star"]))
