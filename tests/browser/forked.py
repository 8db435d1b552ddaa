"""Kernels for the browser's tests, forked from a process that has imported everything.

A kernel's own imports, above all torch, take five seconds of a core. ``Forks`` starts
the process and tells Jupyter of it: what Jupyter then starts, signals and waits for as
"the kernel" is a small process that stands for a fork and dies with it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import IO


class Forks:
    """The process that is forked, and Jupyter's description of its kernels.

    Parameters
    ----------
    data : Path
        Jupyter's folder of data, where it finds the description.
    socket : Path
        Where the process listens.
    log : file
        What the kernels print in vain.
    """

    def __init__(self, data: Path, socket: Path, log: IO[str]) -> None:
        here = [sys.executable, __file__]
        description = {
            "argv": [here[0], "-S", here[1], "stand", str(socket), "{connection_file}"],
            "display_name": "Python 3",
            "language": "python",
            "metadata": {"debugger": False},
        }
        folder = data / "kernels" / "python3"
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(description))
        # It ends when its standard input does, as with the tests' own process.
        self._process = subprocess.Popen(
            [*here, "fork", str(socket)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )

    def wait(self) -> None:
        """Wait until there can be kernels."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline()

    def close(self) -> None:
        """End the process; its kernels have their own ends."""
        self._process.communicate()


def fork(path: str) -> None:
    """Import all that a kernel needs; become a kernel for everyone who asks."""
    del sys.path[0]  # the folder of this file, which no kernel looks in
    import ipykernel.debugger
    from ipykernel.kernelapp import IPKernelApp

    from ncut_widget import NcutSegmenter

    del ipykernel, NcutSegmenter

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        print("ready", flush=True)
        while server in select.select([server, sys.stdin], [], [])[0]:
            asked, _ = server.accept()
            if os.fork() == 0:
                server.close()
                break
            asked.close()
        else:
            return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told = json.loads(asked.makefile().readline())
    os.environ.clear()
    os.environ.update(told["environment"])
    os.environ.pop("JPY_PARENT_PID", None)  # a kernel ends with its parent: see below
    os.chdir(told["folder"])
    sys.path.insert(0, "")
    asked.sendall(f"{os.getpid()}\n".encode())

    def end_with_the_other() -> None:
        asked.recv(1)
        os._exit(1)

    threading.Thread(target=end_with_the_other, daemon=True).start()
    IPKernelApp.launch_instance(["-f", told["connection_file"]])
    os._exit(0)


def stand(path: str, connection_file: str) -> None:
    """Ask for a kernel, pass signals on to it, and end when it ends."""
    with socket.socket(socket.AF_UNIX) as kernel:
        kernel.connect(path)
        told = {
            "connection_file": connection_file,
            "folder": os.getcwd(),
            "environment": dict(os.environ),
        }
        kernel.sendall(f"{json.dumps(told)}\n".encode())
        pid = int(kernel.makefile().readline())

        def pass_on(number: int, _: FrameType | None) -> None:
            os.kill(pid, number)

        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, pass_on)
        while kernel.recv(1):
            pass


if __name__ == "__main__":
    {"fork": fork, "stand": stand}[sys.argv[1]](*sys.argv[2:])
