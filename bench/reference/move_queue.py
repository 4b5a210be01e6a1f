"""What an operator would write to bring a queue to another Redis: pops each task here and pushes it there.

Arguments: the two ports and the queue. When it is killed between the two, a task is lost.
"""
import socket
import sys


class Redis:
    """As much of a client as it takes."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")

    def __call__(self, *words):
        text = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        self.stream.write(b"*%d\r\n%s" % (len(words), text))
        self.stream.flush()
        line = self.stream.readline()
        if not line.startswith(b"$") or line.startswith(b"$-1"):
            return line[1:] if line.startswith(b":") else None
        return self.stream.read(int(line[1:]) + 2)[:-2]


def main():
    """Until there is nothing left."""
    source, destination, queue = Redis(int(sys.argv[1])), Redis(int(sys.argv[2])), sys.argv[3].encode()
    while (task := source(b"RPOP", queue)) is not None:
        destination(b"LPUSH", queue, task)


main()
