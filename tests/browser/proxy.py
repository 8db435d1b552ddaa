"""A slow and fragile line between browser and server: a proxy of TCP connections.

What goes through is delayed, counted, held, or lost. Each way, up to the server and
down to the browser, has one bandwidth for all connections together: what they send
stands in one queue. A connection that was asked to become a websocket counts as one
from then on; only those are held and cut. Not imitated are the round trips in which
TCP connects, and its slow start.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CHUNK = 16 * 1024
WINDOW = 16 * CHUNK
"""Bytes of a connection that may be on the way at once; more waits with the sender."""

LINGER_NOT = struct.pack("ii", 1, 0)
"""Close by a reset: what was not delivered yet is lost, and the peer hears at once."""


class Way:
    """One way of the line, for all connections.

    Attributes
    ----------
    sent, websocket_sent : int
        Bytes that were sent this way so far; of them, by websockets.
    delay : float
        Seconds that a byte takes more.
    rate : float or None
        Bytes per second of all connections together; None is unlimited.
    """

    def __init__(self, delay: float, rate: float | None) -> None:
        self.sent = self.websocket_sent = 0
        self.delay = delay
        self.rate = rate
        self._free = 0.0
        self.open = asyncio.Event()
        self.open.set()

    def arrival(self, size: int, now: float) -> float:
        """Send bytes now; return when the last of them arrives."""
        if self.rate:
            self._free = max(now, self._free) + size / self.rate
            now = self._free
        return now + self.delay


class Stream:
    """What one connection sends one way."""

    def __init__(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.way = way
        self.reader = reader
        self.writer = writer
        self.under_way: deque[tuple[float, bytes]] = deque()
        self.ended = False
        self.changed = asyncio.Condition()

    @property
    def size(self) -> int:
        """Bytes that were sent and have not arrived."""
        return sum(len(data) for _, data in self.under_way)

    async def tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def wait(self, condition: Callable[[], bool]) -> None:
        async with self.changed:
            await self.changed.wait_for(condition)


class Connection:
    """One connection from a browser, and ours for it to the server."""

    def __init__(self, up: Stream, down: Stream) -> None:
        self.up = up
        self.down = down
        self.is_websocket = False
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Carry on until either side closes."""
        self.tasks = [
            asyncio.create_task(work)
            for stream in (self.up, self.down)
            for work in (self._take(stream), self._deliver(stream))
        ]
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await asyncio.gather(*self.tasks)
        self.cut()

    async def _take(self, stream: Stream) -> None:
        while data := await stream.reader.read(CHUNK):
            if stream is self.up and b"upgrade: websocket" in data.lower():
                self.is_websocket = True
            stream.way.sent += len(data)
            if self.is_websocket:
                stream.way.websocket_sent += len(data)
            now = asyncio.get_running_loop().time()
            stream.under_way.append((stream.way.arrival(len(data), now), data))
            await stream.tell()
            await stream.wait(lambda: stream.size < WINDOW)
        stream.ended = True
        await stream.tell()

    async def _deliver(self, stream: Stream) -> None:
        while True:
            await stream.wait(lambda: bool(stream.under_way) or stream.ended)
            if not stream.under_way:
                break
            due, data = stream.under_way[0]
            await asyncio.sleep(max(0, due - asyncio.get_running_loop().time()))
            if self.is_websocket:
                await stream.way.open.wait()
            stream.under_way.popleft()
            await stream.tell()
            stream.writer.write(data)
            await stream.writer.drain()
        if stream.writer.can_write_eof():
            stream.writer.write_eof()

    def cut(self) -> None:
        """End the connection at both sides, without a word."""
        for task in self.tasks:
            task.cancel()
        for stream in (self.up, self.down):
            stream.under_way.clear()
            transport = stream.writer.transport
            connected = transport.get_extra_info("socket")
            if not transport.is_closing():
                with contextlib.suppress(OSError):
                    connected.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT
                    )
            transport.abort()


class Proxy:
    """A line to a server of this machine, in a thread of its own.

    Parameters
    ----------
    port : int
        Of the server, on 127.0.0.1.
    round_trip : float
        Seconds there and back that a byte takes more, half of it each way.
    rate : float, optional
        Bytes per second each way, of all connections together; unlimited by default.
    """

    def __init__(
        self, port: int, *, round_trip: float = 0.0, rate: float | None = None
    ) -> None:
        self._target = port
        self._connections: set[Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.up, self.down = self._call(self._ways(round_trip / 2, rate))
        self._server = self._call(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def pace(self, *, round_trip: float = 0.0, rate: float | None = None) -> None:
        """Give the line another round trip and rate, for what is sent from now on."""
        for way in (self.up, self.down):
            way.delay, way.rate = round_trip / 2, rate

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _ways(self, delay: float, rate: float | None) -> tuple[Way, Way]:
        return Way(delay, rate), Way(delay, rate)

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        for each in (writer, server[1]):
            connected = each.get_extra_info("socket")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(
            Stream(self.up, reader, server[1]), Stream(self.down, server[0], writer)
        )
        self._connections.add(connection)
        await connection.run()
        self._connections.discard(connection)

    @property
    def websockets(self) -> int:
        """Websockets that are open, or opening."""
        return self._call(self._count())

    async def _count(self) -> int:
        return sum(each.is_websocket for each in self._connections)

    def holds(self, way: Way) -> bytes:
        """Return what websockets have sent that way and has not arrived.

        A browser masks what it sends; what a Jupyter server sends can be read.
        """
        return self._call(self._held(way))

    async def _held(self, way: Way) -> bytes:
        return b"".join(
            data
            for connection in self._connections
            for stream in (connection.up, connection.down)
            if stream.way is way and connection.is_websocket
            for _, data in stream.under_way
        )

    def hold(self, *ways: Way) -> None:
        """Let nothing of any websocket arrive that way, or either way, until `release`.

        A websocket that opens meanwhile waits with its first word.
        """
        self._call(self._set(ways or (self.up, self.down), held=True))

    def release(self) -> None:
        """Let what was held arrive."""
        self._call(self._set((self.up, self.down), held=False))

    async def _set(self, ways: tuple[Way, ...], held: bool) -> None:
        for way in ways:
            if held:
                way.open.clear()
            else:
                way.open.set()

    def drop(self) -> int:
        """Cut every websocket; what is on the way either way is lost.

        Returns
        -------
        int
            How many there were.
        """
        return self._call(self._drop())

    async def _drop(self) -> int:
        websockets = [each for each in self._connections if each.is_websocket]
        for each in websockets:
            each.cut()
        self._connections.difference_update(websockets)
        return len(websockets)

    def close(self) -> None:
        """Cut everything, and end."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.cut()
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
