"""The line that the tests of lost and slow connections put before the server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.browser.host import wait_until
from tests.browser.proxy import Proxy

UPGRADE = b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n"

Ends = tuple[socket.socket, socket.socket]
Connect = Callable[..., Ends]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture
def make_proxy(listener: socket.socket) -> Iterator[Callable[..., Proxy]]:
    proxies: list[Proxy] = []

    def make(**line: float) -> Proxy:
        proxies.append(Proxy(listener.getsockname()[1], **line))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def connect(listener: socket.socket) -> Iterator[Connect]:
    """Make a connection: its ends at browser and server, after a first word."""
    sockets: list[socket.socket] = []

    def connect_one(proxy: Proxy, word: bytes = UPGRADE) -> Ends:
        browser = socket.create_connection(("127.0.0.1", proxy.port), 10)
        sockets.append(browser)
        server = listener.accept()[0]
        server.settimeout(10)
        sockets.append(server)
        browser.sendall(word)
        assert take(server, len(word)) == word
        return browser, server

    yield connect_one
    for each in sockets:
        each.close()


def take(end: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := end.recv(size - len(data))):
        data += part
    return data


def test_what_is_sent_arrives_late_and_is_counted(
    make_proxy: Callable[..., Proxy], connect: Connect
) -> None:
    proxy = make_proxy(round_trip=0.2)
    browser, server = connect(proxy, b"plain")
    start = time.monotonic()
    browser.sendall(b"ping")
    assert take(server, 4) == b"ping"
    server.sendall(b"pong!")
    assert take(browser, 5) == b"pong!"
    assert time.monotonic() - start >= 0.2
    assert (proxy.up.sent, proxy.down.sent) == (9, 5)
    assert (proxy.up.websocket_sent, proxy.down.websocket_sent) == (0, 0)


def test_a_way_has_one_bandwidth_for_all_connections(
    make_proxy: Callable[..., Proxy], connect: Connect
) -> None:
    proxy = make_proxy(rate=1e6)
    lines = [connect(proxy, b"plain") for _ in range(2)]
    start = time.monotonic()
    for _, server in lines:
        server.sendall(bytes(100_000))
    for browser, _ in lines:
        assert take(browser, 100_000) == bytes(100_000)
    assert time.monotonic() - start >= 0.2


def test_what_is_larger_than_the_window_arrives_in_order(
    make_proxy: Callable[..., Proxy], connect: Connect
) -> None:
    browser, server = connect(make_proxy())
    sent = bytes(range(256)) * 4096
    server.settimeout(10)
    server.sendall(sent)
    server.shutdown(socket.SHUT_WR)
    assert take(browser, len(sent) + 1) == sent


def test_websockets_are_told_apart(
    make_proxy: Callable[..., Proxy], connect: Connect
) -> None:
    proxy = make_proxy()
    connect(proxy, b"GET / HTTP/1.1\r\n\r\n")
    browser, server = connect(proxy)
    server.sendall(b"frame")
    take(browser, 5)
    assert proxy.websockets == 1
    assert proxy.up.websocket_sent == len(UPGRADE)
    assert proxy.down.websocket_sent == 5


def test_what_is_held_arrives_at_the_release(
    make_proxy: Callable[..., Proxy], connect: Connect
) -> None:
    proxy = make_proxy()
    browser, server = connect(proxy)
    proxy.hold(proxy.down)
    server.sendall(b"answer")
    wait_until(lambda: proxy.holds(proxy.down) == b"answer", "the answer on the way")
    browser.sendall(b"request")
    assert take(server, 7) == b"request"  # the other way is open
    browser.setblocking(False)
    with pytest.raises(BlockingIOError):
        browser.recv(1)
    browser.settimeout(10)
    proxy.release()
    assert take(browser, 6) == b"answer"


def test_a_drop_loses_what_is_on_the_way_and_cuts_websockets_only(
    make_proxy: Callable[..., Proxy], connect: Connect
) -> None:
    proxy = make_proxy()
    plain, plain_server = connect(proxy, b"plain")
    browser, server = connect(proxy)
    proxy.hold()
    server.sendall(b"answer")
    wait_until(lambda: proxy.holds(proxy.down) == b"answer", "the answer on the way")
    assert proxy.drop() == 1
    for end in (browser, server):
        with pytest.raises(ConnectionResetError):
            end.recv(1)
    assert proxy.holds(proxy.down) == b""
    assert proxy.websockets == 0

    proxy.release()
    plain_server.sendall(b"still here")
    assert take(plain, 10) == b"still here"
    browser, server = connect(proxy)
    server.sendall(b"again")
    assert take(browser, 5) == b"again"
