"""What MkDocs gets beside the pages of this folder, and what it does not check.

Files of the repository's root that are pages, too; notebooks as they look when they
have run; and widgets that live without a kernel. What takes a computation is made once
for a state of the package: it is kept in ``.bench/docs``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PAGES = {"BENCHMARKS.md": "benchmarks.md", "CHANGELOG.md": "changelog.md"}
KEPT = ROOT / ".bench" / "docs"
MADE_OF = ("ncut_widget/**/*", "notebooks/*.ipynb", "docs/making/*.py")
LOADED = re.compile(
    r'<(?:img|iframe|script|source)\b[^>]*\ssrc="([^"]*)"|<link\b[^>]*\shref="([^"]*)"'
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is not in the folder."""
    for name, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    made = make()
    for path in sorted(made.rglob("*")):
        if path.is_file():
            place = path.relative_to(made).as_posix()
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Check that what the pages load is there: MkDocs looks at links alone."""
    site = Path(config.site_dir)
    for page in site.rglob("index.html"):
        for found in LOADED.findall(page.read_text(encoding="utf-8")):
            address = urlsplit("".join(found))
            if address.scheme == "data":
                continue
            where = site if address.path.startswith("/") else page.parent
            if address.netloc or not (where / unquote(address.path)).exists():
                raise PluginError(
                    f"{page.relative_to(site)} loads {address.geturl()!r}, "
                    "which is not a file of the site"
                )


def make() -> Path:
    """Make widgets and notebooks, or find those that were made of the same files."""
    folder = KEPT / _digest()
    if not folder.exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        part = KEPT / "part"
        program = [sys.executable, "-m", "docs.making", str(part)]
        subprocess.run(program, cwd=ROOT, check=True)
        part.rename(folder)
    return folder


def _digest() -> str:
    digest = hashlib.sha256()
    for pattern in MADE_OF:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(ROOT)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
