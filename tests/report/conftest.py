"""The pages of the crate's example, and a browser to look at them with. Skips where there is no browser."""

import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from browser import Browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("fresh", "half", "moved", "crowd", "hostile", "none")


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each page with a plan for 5,000 active users, so that every part of it is there."""
    command = ["cargo", "run", "--quiet", "--package", "roadmap", "--example", "report", "--"]
    folder = tmp_path_factory.mktemp("pages")
    pages = {}
    for name in PAGES:
        page = folder / f"{name}.html"
        page.write_bytes(subprocess.check_output([*command, name, "5000"], cwd=ROOT, timeout=900))
        pages[name] = page
    return pages


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    for program in ("chromium", "chromedriver", "pdftotext"):
        if not shutil.which(program):
            message = f"there is no {program}: run tools/setup"
            pytest.skip(message)
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
