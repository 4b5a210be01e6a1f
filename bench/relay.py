"""A relay that makes a near host a far one: all bytes arrive, each a chosen time after it was sent.

The delay is a line, not a bottleneck: every chunk is stamped when it comes and written when its time
has come, however many are on their way.
"""
import asyncio
import socket
import statistics
import threading
import time


class Relay:
    """Listens on a loopback port of its own and forwards to a host, in a thread, until closed."""

    def __init__(self, host, port=22):
        self.target = (host, port)
        self.port = None
        self.delay = 0.0
        # When the client got an answer that it had waited for: silent since it asked, for as long as one round trip takes.
        self.round_trips = []
        # When how many bytes came from the client.
        self.uploads = []
        self._serving = []
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[listening], daemon=True)
        self._thread.start()
        listening.wait()

    def set_round_trip(self, milliseconds):
        """For what is sent from now on."""
        self.delay = milliseconds / 2000

    def count_from_zero(self):
        """Before what is to be counted."""
        self.round_trips = []
        self.uploads = []

    def close(self):
        """Stops listening and lets go of every connection."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, listening):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _accept(self, reader, writer):
        self._serving.append(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        for one in [writer, far_writer]:
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asked = []

        def sent(data):
            self.uploads.append((time.time(), len(data)))
            asked[:] = [time.time()]

        def delivered():
            if asked and time.time() - asked[0] >= 1.8 * self.delay:
                self.round_trips.append(time.time())
                asked.clear()

        await asyncio.gather(
            self._forward(reader, far_writer, on_read=sent),
            self._forward(far_reader, writer, on_write=delivered),
        )

    async def _forward(self, reader, writer, on_read=None, on_write=None):
        line = asyncio.Queue()
        delivering = asyncio.ensure_future(self._deliver(line, writer, on_write))
        try:
            while data := await reader.read(65536):
                if on_read:
                    on_read(data)
                line.put_nowait((self._loop.time() + self.delay, data))
        except ConnectionError:
            pass
        line.put_nowait((self._loop.time() + self.delay, b""))
        await delivering

    async def _deliver(self, line, writer, on_write):
        while True:
            due, data = await line.get()
            if due > self._loop.time():
                await asyncio.sleep(due - self._loop.time())
            if not data:
                writer.close()
                return
            if on_write:
                on_write()
            try:
                writer.write(data)
                await writer.drain()
            except ConnectionError:
                return


def measured(round_trip):
    """What a relay really adds, in milliseconds and in MB/s, seen with an echo behind it."""
    server = socket.create_server(("127.0.0.1", 0))

    def echo():
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)

    threading.Thread(target=echo, daemon=True).start()
    relay = Relay("127.0.0.1", server.getsockname()[1])
    relay.set_round_trip(round_trip)
    with socket.create_connection(("127.0.0.1", relay.port)) as client:
        times = []
        for _ in range(20):
            started = time.perf_counter()
            client.sendall(b"x")
            client.recv(1)
            times.append(time.perf_counter() - started)
        size = 20_000_000
        started = time.perf_counter()
        threading.Thread(target=client.sendall, args=[b"x" * size], daemon=True).start()
        left = size
        while left:
            left -= len(client.recv(65536))
        rate = size / 1e6 / (time.perf_counter() - started)
    relay.close()
    server.close()
    return statistics.median(times) * 1000, rate
