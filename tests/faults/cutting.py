"""A proxy that hangs up after so many bytes from the server: every place at which a session can break."""

import contextlib
import socket
import threading


class Cutting:
    """Forwards to `port`. Each new connection is cut after `limit` bytes from the server; None: never."""

    def __init__(self, port: int) -> None:
        self.limit: int | None = None
        self.carried = 0  # bytes that the last connection brought from the server
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            limit, self.limit = self.limit, None  # one connection is cut, those after it are whole
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(server, client, limit), daemon=True).start()

    @staticmethod
    def _up(client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _down(self, server: socket.socket, client: socket.socket, limit: int | None) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if limit is not None:
                    data = data[: limit - carried]
                carried += len(data)
                self.carried = carried
                client.sendall(data)
                if limit is not None and carried >= limit:
                    break
        for sock in (client, server):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
