#!/usr/bin/env python3
"""Stands in for the data servers that no package archive has: says what MongoDB, Elasticsearch and an S3 store say first.

    data_standin.py mongodb|search|store ADDRESS     listens on port 27017, 9200 or 9000 of that address
"""

import json
import socketserver
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013


def bson(document):
    """A document of booleans, numbers and strings."""
    body = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        if isinstance(value, bool):
            body += b"\x08" + key + bytes([value])
        elif isinstance(value, int):
            body += b"\x10" + key + struct.pack("<i", value)
        elif isinstance(value, float):
            body += b"\x01" + key + struct.pack("<d", value)
        else:
            text = value.encode() + b"\0"
            body += b"\x02" + key + struct.pack("<i", len(text)) + text
    return struct.pack("<i", len(body) + 5) + body + b"\0"


class Mongo(socketserver.StreamRequestHandler):
    """Answers every request as a server on its own answers isMaster."""

    def handle(self):
        while len(header := self.rfile.read(16)) == 16:
            length, request, _, code = struct.unpack("<iiii", header)
            self.rfile.read(length - 16)
            hello = bson(
                {
                    "ismaster": True,
                    "isWritablePrimary": True,
                    "maxBsonObjectSize": 16777216,
                    "maxWireVersion": 7,
                    "minWireVersion": 0,
                    "ok": 1.0,
                }
            )
            if code == OP_QUERY:
                answer, body = OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + hello
            else:
                answer, body = OP_MSG, struct.pack("<ib", 0, 0) + hello
            self.wfile.write(struct.pack("<iiii", 16 + len(body), 1, request, answer) + body)


class Search(BaseHTTPRequestHandler):
    """What GET / of Elasticsearch 7 says."""

    def do_GET(self):
        body = json.dumps(
            {
                "name": "data1",
                "cluster_name": "edx",
                "version": {"number": "7.10.2", "lucene_version": "8.7.0"},
                "tagline": "You Know, for Search",
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Store(BaseHTTPRequestHandler):
    """What an S3 store says to somebody without credentials: no bucket of another name than edx-files exists."""

    def answer(self):
        exists = self.path.split("/")[1].split("?")[0] == "edx-files"
        status, code = (403, "AccessDenied") if exists else (404, "NoSuchBucket")
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("x-amz-request-id", "4442587FB7D0A2F9")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = answer

    def log_message(self, *_):
        pass


class Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    """Serves until it is stopped."""
    kind, address = sys.argv[1:]
    if kind == "mongodb":
        server = Threaded((address, 27017), Mongo)
    elif kind == "search":
        server = ThreadingHTTPServer((address, 9200), Search)
    else:
        server = ThreadingHTTPServer((address, 9000), Store)
    server.serve_forever()


if __name__ == "__main__":
    main()
