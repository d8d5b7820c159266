"""Servers on loopback that are no model's: bytes as they are, TLS, and a proxy."""

import select
import shlex
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from subprocess import run

import pytest


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Its URL. Whoever asks gets this, and the connection is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_all, args=(server, answer), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            with suppress(OSError):  # closing alone wakes nobody who waits for a connection
                server.shutdown(socket.SHUT_RDWR)


def answer_all(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            asked, _ = server.accept()
            with asked:
                asked.recv(65536)
                asked.sendall(answer)
        except OSError:
            if server.fileno() < 0:
                return


@contextmanager
def running(server: ThreadingHTTPServer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address, with TLS if there is a context."""
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class Proxy(ThreadingHTTPServer):
    """Tunnels to whom it is asked for, or refuses with this status."""

    daemon_threads = True

    def __init__(self, refusal: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.refusal = refusal
        self.asked: list[str] = []


class Tunnel(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        if self.server.refusal:
            self.send_error(self.server.refusal)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as other:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: other, other: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    if not (part := end.recv(65536)):
                        return
                    ends[end].sendall(part)

    def log_message(self, format: str, *args: object) -> None:
        """Not a word on stderr."""


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Of 127.0.0.1, and the certificate that has to be trusted for it."""
    if not (openssl := which("openssl")):
        pytest.skip("no openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = (
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here"
        f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    run(shlex.split(command), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
