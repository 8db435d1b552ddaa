"""Make sure of a Chromium for the browser tests.

One that is there; else Playwright's own download; else Debian's package, as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Path of a Chromium that is installed: Playwright's own, or the system's."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return next(filter(None, map(shutil.which, SYSTEM)), None)


def download() -> bool:
    """Let Playwright download its Chromium, with the libraries it needs as root."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        command.insert(4, "--with-deps")
    try:
        return subprocess.run(command, timeout=600).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def install_package() -> None:
    """Install Debian's Chromium."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments]
        subprocess.run(command, check=True, env=environment)


def main() -> None:
    """Install a browser where none is."""
    if not chromium() and not download():
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            sys.exit("The browser tests need Chromium: install it and run again.")
        install_package()
    print(f"browser: {chromium()}")


if __name__ == "__main__":
    main()
