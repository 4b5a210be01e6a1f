"""A web server with TLS, of other hands than the client: Python's. Its settings are the JSON in its argument."""

import json
import socket
import ssl
import struct
import sys
import threading
import time

settings = json.loads(sys.argv[1])
answers = settings.get("answers", {})
versions = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}
asked = threading.local()


def name(sock, server_name, context):
    asked.name = server_name


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(settings["certificate"], settings["key"])
    made.sni_callback = name
    if settings.get("version"):
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = versions[settings["version"]]
    if settings.get("wants_certificate"):
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(settings["certificate"])
    return made


def request(connection):
    """The head and, where it says how long that is, the body."""
    said = b""
    while b"\r\n\r\n" not in said:
        more = connection.recv(65536)
        if not more:
            return None
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("Content-Length", 0)):
        body += connection.recv(65536)
    method, target, _ = lines[0].split(" ")
    return {"method": method, "target": target, "headers": headers, "body": body.decode()}


def endless(connection, start, then, pause=0.0):
    connection.sendall(start)
    while True:
        connection.sendall(then)
        time.sleep(pause)


def act(connection, target):
    """What the pages do that are no answers."""
    start = b"HTTP/1.1 200 OK\r\n"
    if target == "/silent":
        connection.recv(1)
    elif target == "/closed":
        pass
    elif target == "/drip":
        endless(connection, start, b"A", 0.01)
    elif target == "/endless-headers":
        endless(connection, start, b"A: b\r\n" * 1000)
    elif target == "/endless-body":
        endless(connection, start + b"\r\n", b"x" * 10000)
    elif target == "/endless-length":
        endless(connection, start + b"Content-Length: 18446744073709551615\r\n\r\n", b"x" * 10000)
    elif target == "/half":
        connection.sendall(start + b"Content-Length: 10\r\n\r\nx")
    elif target == "/cut":
        # The end of the body is the end of the connection, and that is not said in TLS.
        connection.sendall(start + b"\r\nx")
        connection.detach_without_goodbye = True
    elif target == "/until-close":
        connection.sendall(start + b"\r\nx")
    elif target == "/reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.detach_without_goodbye = True
    else:
        return False
    return True


def serve(plain):
    asked.name = None
    connection = None
    try:
        if settings.get("plain"):
            connection = plain
        else:
            connection = context().wrap_socket(plain, server_side=True)
        seen = request(connection)
        if seen is None:
            return
        seen["name"] = asked.name
        seen["version"] = None if settings.get("plain") else connection.version()
        if not act(connection, seen["target"]):
            body = json.dumps(seen)
            usual = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            connection.sendall(answers.get(seen["target"], usual).encode())
        if isinstance(connection, ssl.SSLSocket) and not getattr(connection, "detach_without_goodbye", False):
            connection.unwrap()
    except OSError:
        pass
    finally:
        (connection or plain).close()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
# Ends with the test that holds the other end of its input.
threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
