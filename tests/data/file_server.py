"""A web server on this machine that misbehaves as told, for the tests of fetching."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Serves the server's files; the next of its `script` takes the next GET instead."""

    server: "FileServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        if self.server.script:
            self.server.script.pop(0)(self)
        else:
            self.serve()

    def do_HEAD(self) -> None:
        content = self.server.files.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()

    def serve(
        self,
        ranges: bool = True,
        etag: bool = True,
        length: int | None = None,
        only: int | None = None,
        body: bytes | None = None,
    ) -> None:
        """The file as a good server gives it.

        Or one without ranges or ETag; with a wrong length; that breaks off after `only` bytes.
        """
        content = self.server.files.get(self.path) if body is None else body
        if content is None:
            return self.answer(404)
        mark = f'"{hashlib.md5(content).hexdigest()}"'
        wanted, if_range = self.headers.get("Range"), self.headers.get("If-Range")
        first = 0
        if ranges and wanted and if_range in (None, mark):
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if first >= len(content):
                return self.answer(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if etag:
            self.send_header("ETag", mark)
        sent = content[first:]
        self.send_header("Content-Length", str(len(sent) if length is None else length))
        self.end_headers()
        self.wfile.write(sent[:only])
        if only is not None or length is not None:
            self.close_connection = True

    def answer(self, status: int, **headers: str) -> None:
        """An answer without content."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def stall(self, seconds: float) -> None:
        """Promise the file, send nothing."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.files[self.path])))
        self.end_headers()
        time.sleep(seconds)
        self.close_connection = True

    def drip(self, pause: float, times: int) -> None:
        """Promise the file, send a byte now and then."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.files[self.path])))
        self.end_headers()
        for at in range(times):
            self.wfile.write(self.server.files[self.path][at : at + 1])
            self.wfile.flush()
            time.sleep(pause)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side has given up, as it should
            self.close_connection = True


class FileServer(ThreadingHTTPServer):
    """`files` by path; `script`: what takes the next GETs; `asked`: path and Range of each GET."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.script: list[Callable[[Handler], None]] = []
        self.asked: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running() -> Iterator[FileServer]:
    """A server while the block runs."""
    server = FileServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
