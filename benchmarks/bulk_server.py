"""Serve the files in a folder on this machine: ``bulk_server.py FOLDER DELAY`` prints its port.

The server has one thread and does little work per request, because it shares the cores with the
program that is measured.
"""

import asyncio
import sys
from functools import cache
from pathlib import Path

FOLDER, DELAY = Path(sys.argv[1]), float(sys.argv[2])


@cache
def content(path: str) -> bytes:
    file = FOLDER / path.lstrip("/")
    return file.read_bytes() if file.is_file() else b""


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request per connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        body = content(head.split(b" ", 2)[1].decode().split("?")[0])
        await asyncio.sleep(DELAY)
        status = b"200 OK" if body else b"404 Not Found"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n" % (status, len(body)))
        writer.write(b"Connection: close\r\n\r\n" + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client was killed
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
