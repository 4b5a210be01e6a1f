"""A browser without a window, driven through Debian's chromedriver over HTTP on this machine."""

import base64
import json
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path
from typing import Any

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    # No name leads anywhere.
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Browser:
    """One browser, with one page at a time."""

    def __init__(self, profile: Path) -> None:
        self.root = f"http://127.0.0.1:{free_port()}"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={self.root.rsplit(':', 1)[1]}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.session = ""
        try:
            self._wait()
            capabilities = {
                "browserName": "chrome",
                "goog:chromeOptions": {"args": [*FLAGS, f"--user-data-dir={profile}"]},
                "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
            }
            made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self.session = f"/session/{made['sessionId']}"
            # The browser's own first page asks for much, and is not what is looked at.
            self._ask("POST", f"{self.session}/url", {"url": "about:blank"})
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        try:
            if self.session:
                self._ask("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=30)

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self._ask("GET", "/status")
                return
            except (urllib.error.URLError, ConnectionError):
                if self.driver.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self.opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()}") from error

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._ask("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind: str) -> list[str]:
        """What the log of that kind has got since it was last asked for."""
        entries = self._ask("POST", f"{self.session}/se/log", {"type": kind})
        return [entry["message"] for entry in entries]

    def open(self, page: Path, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._ask("POST", f"{self.session}/url", {"url": page.as_uri()})

    def run(self, script: str) -> Any:
        """What a function with that body returns, run by the browser and not by the page."""
        return self._ask("POST", f"{self.session}/execute/sync", {"script": script, "args": []})

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("GET", f"{self.session}/screenshot"))

    def print(self) -> bytes:
        """The page as a PDF of A4 pages."""
        options = {"page": {"width": 21.0, "height": 29.7}, "background": False}
        return base64.b64decode(self._ask("POST", f"{self.session}/print", options))


def pixels(png: bytes) -> list[tuple[int, int, int]]:
    """The colours of a PNG of eight bits a channel, as browsers write it."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) in ((8, 2), (8, 6)), (depth, kind)
    size = 3 if kind == 2 else 4
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    raw = zlib.decompress(data)
    before = bytearray(width * size)
    colours: list[tuple[int, int, int]] = []
    for row in range(height):
        start = row * (width * size + 1)
        line = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * size]), before, size)
        colours.extend((line[i], line[i + 1], line[i + 2]) for i in range(0, len(line), size))
        before = line
    return colours


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    for i, value in enumerate(line):
        left = line[i - size] if i >= size else 0
        up = above[i]
        corner = above[i - size] if i >= size else 0
        if kind == 1:
            value += left
        elif kind == 2:
            value += up
        elif kind == 3:
            value += (left + up) // 2
        elif kind == 4:
            guess = left + up - corner
            value += min((left, up, corner), key=lambda one: abs(guess - one))
        line[i] = value & 255
    return line
