"""Make sure of a Chromium for the browser tests, and of a Firefox if that is easy.

One that is there; else Playwright's own download; else Debian's package, as root. The
headless shell is the same engine without windows and menus, which take a third of the
tests' work: it is used where it can be had. Firefox is Debian's or none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"


def chromium() -> str | None:
    """Path of a Chromium that is installed: Playwright's own, or the system's."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return next(filter(None, map(shutil.which, SYSTEM)), None)


def headless_shell() -> str | None:
    """Path of a Chromium without windows: Playwright's own, or Debian's."""
    with sync_playwright() as playwright:
        folder = Path(playwright.chromium.executable_path).parents[2]
    own = sorted(folder.glob("chromium_headless_shell-*/*/*headless*shell"))
    return str(own[-1]) if own else shutil.which(SHELL)


def download() -> bool:
    """Let Playwright download its Chromium, with the libraries it needs as root."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        command.insert(4, "--with-deps")
    try:
        return subprocess.run(command, timeout=600).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def firefox() -> str | None:
    """Path of a Firefox that is installed."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def install_package(name: str) -> None:
    """Install a package of Debian's."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", name],
    ):
        command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments]
        subprocess.run(command, check=True, env=environment)


def can_install() -> bool:
    """Whether Debian's packages can be had."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def main() -> None:
    """Install a browser where none is."""
    if not chromium() and not download():
        if not can_install():
            sys.exit("The browser tests need Chromium: install it and run again.")
        install_package("chromium")
    if not headless_shell() and can_install():
        with suppress(subprocess.CalledProcessError):  # the other does as well
            install_package(SHELL)
    if not firefox() and can_install():
        with suppress(subprocess.CalledProcessError):  # its test is skipped then
            install_package("firefox-esr")
    print(f"browsers: {chromium()}, {headless_shell()}, {firefox()}")


if __name__ == "__main__":
    main()
