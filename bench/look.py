"""edx_verify with `layers`: what it costs to see where a server's data is, and to ask all of its data servers."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from bench.hosts import BENCH, bench_venv
from bench.modules import Way, in_turn, module, settings_file
from bench.page import table
from bench.relay import Relay

FILES = "Seeing where a server's data is"
GROWN = "The same in a larger lms.yml"
ASKED = "Asking the data servers"
SILENT = "What a silent data server costs"
ROUNDS = 15
FAR = 30
PATIENCE = 10
SILENCE = 1
PORTS = {"mysql": 3306, "mongodb": 27017, "redis": 6379, "elasticsearch": 9200}

DATA = """\
DATABASES:
    default: {{ENGINE: django.db.backends.mysql, HOST: localhost, PORT: '3306', NAME: {service}, PASSWORD: secret}}
    read_replica: {{ENGINE: django.db.backends.mysql, HOST: localhost, PORT: '3306', NAME: {service}, PASSWORD: secret}}
"""
EDXAPP = """\
CELERY_BROKER_TRANSPORT: redis
CELERY_BROKER_HOSTNAME: localhost
CONTENTSTORE:
    DOC_STORE_CONFIG: &store
        db: edxapp
        host:
        - localhost
        port: 27017
    ENGINE: xmodule.contentstore.mongo.MongoContentStore
DOC_STORE_CONFIG: *store
MODULESTORE:
    default:
        ENGINE: xmodule.modulestore.mixed.MixedModuleStore
        OPTIONS:
            stores:
            -   DOC_STORE_CONFIG: *store
                ENGINE: xmodule.modulestore.split_mongo.split_draft.DraftVersioningModuleStore
ELASTIC_SEARCH_CONFIG:
-   host: localhost
    port: 9200
    use_ssl: false
DEFAULT_FILE_STORAGE: django.core.files.storage.FileSystemStorage
MEDIA_ROOT: /edx/var/edxapp/media/
GRADES_DOWNLOAD:
    STORAGE_CLASS: django.core.files.storage.FileSystemStorage
    STORAGE_KWARGS:
        location: /tmp/edx-s3/grades
"""
SEARCH = "ELASTICSEARCH_URL: http://localhost:9200/\n"
# Lines of each file, as an operator's server has them, and what it has besides databases and caches.
SERVICES = {
    "lms": (600, EDXAPP), "studio": (550, EDXAPP), "discovery": (150, SEARCH), "ecommerce": (150, ""),
    "credentials": (120, ""), "xqueue": (60, ""), "insights": (90, ""),
    "analytics_api": (80, "ELASTICSEARCH_LEARNERS_HOST: localhost:9200\n"),
}


def server(root, lms_lines=None):
    """A server's settings folder."""
    folder = root / "edx/etc"
    folder.mkdir(parents=True)
    for service, (lines, more) in SERVICES.items():
        if service == "lms" and lms_lines:
            lines = lms_lines
        settings_file(folder / f"{service}.yml", lines, (DATA.format(service=service) + more).splitlines())
    return folder


def ours(folder, **more):
    """The command of the module."""
    options = {"path": str(folder), "layers": True, "release": "maple", "timeout": PATIENCE} | more
    return module("edx_verify", **options)


def reference(folder, *more):
    """The command of what it is compared with."""
    return [str(bench_venv() / "bin/python"), str(BENCH / "reference/data_servers.py"), str(folder), *map(str, more)]


def both(name, folder):
    """A way each of reading the same files."""
    return [Way(f"`edx_verify`{name}", lambda _: ours(folder, connect=False)),
            Way(f"Python with PyYAML (C loader){name}", lambda _: reference(folder))]


def printed(command):
    """What a command says in JSON."""
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def plain(layer, place):
    """A place as everybody would write it; `edx_verify` shows it as it is written in the first file."""
    return layer, place.removesuffix(f":{PORTS.get(layer)}")


def found(folder):
    """How many servers and folders both find; stops where they do not find the same."""
    layers = printed(ours(folder, connect=False))["status"]["layers"]
    ours_found = {plain(layer["layer"], place["endpoint"]) for layer in layers for place in layer["endpoints"]}
    theirs = {plain(layer, place) for layer, places in printed(reference(folder)).items() for place in places}
    if ours_found != theirs:
        sys.exit(f"bench: not both find these: {sorted(ours_found ^ theirs)}")
    return len(theirs)


def report_files(root):
    """The section on a server of usual size."""
    folder = server(root / "usual")
    ways = [*both("", folder), Way("`true`, what starting any process costs", lambda _: ["true"])]
    in_turn(ways, ROUNDS)
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1000
    rows = [[way.name, f"{way.median * 1000:.1f}", f"{way.median / ways[0].median:.2f}", f"{way.peak:.1f}"]
            for way in ways]
    return [
        f"`edx_verify` with `layers: true` and `connect: false` on the {len(SERVICES)} settings files of a native server",
        f"({size:.0f} kB, `lms.yml` with 600 lines), a whole process from start to exit. The Python script is",
        "[data_servers.py](../bench/reference/data_servers.py): it reads the same files and looks up the same key paths,",
        "which is what a module in Python would do at the least. It judges nothing, and as no module it does without what",
        f"Ansible's own code takes to start. Both find the same {found(folder)} servers and folders; the benchmark stops if",
        "not. `edx_verify` says more: which files and lines name them, whether an address is private, whether the release",
        f"reads the file, and what is in the way of a second server. Medians of {ROUNDS} rounds.",
        "",
        *table(["way", "median, ms", "compared", "peak memory, MB"], rows),
    ]


def report_grown(root):
    """The section on large files."""
    rows = []
    for megabytes in [1, 10]:
        folder = server(root / str(megabytes), 39_000 * megabytes)
        size = (folder / "lms.yml").stat().st_size / 1e6
        ways = both("", folder)
        for way in ways:
            way.run()
            way.weigh()
        rows += [[f"{size:.1f} MB, {way.name}", f"{way.median:.3f}", f"{way.median / ways[0].median:.2f}",
                  f"{way.median * 1000 / size:.0f}", f"{way.peak:.0f}", f"{way.peak / size:.1f}"] for way in ways]
    return [
        "Files of such a size are no server's: they show how the time grows with the size. Above 16 MB",
        "`edx_verify` does not read a file and says so. One round.",
        "",
        *table(["lms.yml", "s", "compared", "ms for each MB", "peak memory, MB", "memory for each MB"], rows),
    ]


def free_port():
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def daemon(stack, kind, folder):
    """A real memcached or Redis on loopback, which answers already; ended with the stack. Its port."""
    port = free_port()
    command = {
        "memcached": ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "8", "-t", "1"],
        "redis": ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)],
    }[kind]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return port
        time.sleep(0.05)
    sys.exit(f"bench: {command[0]} does not answer")


def asking_folder(root, servers):
    """A folder whose only file names these caches, memcached and Redis by turns."""
    root.mkdir(parents=True)
    text = ["CACHES:"]
    for number, (kind, port) in enumerate(servers):
        backend, scheme = {
            "memcached": ("django.core.cache.backends.memcached.PyMemcacheCache", ""),
            "redis": ("django_redis.cache.RedisCache", "redis://"),
        }[kind]
        text += [f"    cache-{number}:", f"        BACKEND: {backend}", f"        LOCATION: {scheme}127.0.0.1:{port}"]
    (root / "lms.yml").write_text("\n".join(text) + "\n", encoding="utf-8")
    return root


def timed(command, quiet=False):
    """Seconds that a command takes, and what it says in JSON, unless it says nothing."""
    started = time.perf_counter()
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    return time.perf_counter() - started, None if quiet else json.loads(done.stdout)


def both_ask(folder, seconds, answering):
    """Seconds that each of the two takes; stops if not so many servers answer, or not both see the same."""
    mine, verification = timed(ours(folder, timeout=seconds))
    theirs, places = timed(reference(folder, seconds))
    layers = verification["status"]["layers"]
    ours_say = {place["endpoint"].removeprefix("redis://"): place["answers"]
                for layer in layers for place in layer["endpoints"]}
    theirs_say = {place: answers for found_places in places.values() for place, answers in found_places.items()}
    if ours_say != theirs_say or sum(theirs_say.values()) != answering:
        sys.exit(f"bench: {answering} servers should answer; what is seen of them: {ours_say} and {theirs_say}")
    return mine, theirs


def report_asked(root, near, far):
    """The section on many servers."""
    rows = []
    for count in [1, 8, 32]:
        ways = []
        for name, servers in [("near", near), ("far", far)]:
            folder = asking_folder(root / f"{name}-{count}", servers[:count])
            both_ask(folder, PATIENCE, count)
            ways += [Way("ours", lambda _, folder=folder: ours(folder)),
                     Way("Python", lambda _, folder=folder: reference(folder, PATIENCE))]
        in_turn(ways, 3)
        row = [f"{count}"]
        for mine, theirs in [ways[:2], ways[2:]]:
            row += [f"{mine.median * 1000:.0f}", f"{theirs.median * 1000:.0f}", f"{theirs.median / mine.median:.1f}"]
        rows.append(row)
    return [
        "`edx_verify` with `layers: true` on a settings file that names so many real servers on this machine, memcached and",
        "Redis by turns: next to it, and behind the relay that adds 30 ms to each round trip. It asks up to 32 side by side.",
        "A memcached takes one round trip and a Redis two, so the time of many far servers should be that of one Redis. The",
        "same Python script asks one after the other; of its time next to the servers nearly all is Python's start. Whole",
        "processes, medians of 3 rounds, in ms.",
        "",
        *table(["servers", "0 ms away: `edx_verify`", "Python", "compared", f"{FAR} ms away: `edx_verify`", "Python",
                "compared"], rows),
    ]


def report_silent(stack, root, near):
    """The section on servers that take connections and say nothing."""
    silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64)) for _ in range(8)]
    ports = [(kind, listener.getsockname()[1]) for (kind, _), listener in zip(near, silent)]
    rows = []
    for count in [0, 1, 8]:
        folder = asking_folder(root / f"silent-{count}", [*ports[:count], *near[count:8]])
        mine, theirs = both_ask(folder, SILENCE, 8 - count)
        rows.append([f"{count} of 8", f"{mine:.2f}", f"{theirs:.2f}"])
    return [
        f"The same with 8 servers, some of which take the connection and never say a word, and a `timeout` of {SILENCE} s:",
        "the whole look ends with the timeout of one. One round, in seconds.",
        "",
        *table(["silent", "`edx_verify`", "Python, one after the other"], rows),
    ]


def main():
    """Measures all and returns the sections by title."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with contextlib.ExitStack() as stack:
        root = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory)))
        sections = {FILES: report_files(root), GROWN: report_grown(root)}
        kinds = ["memcached", "redis"] * 16
        near = [(kind, daemon(stack, kind, root)) for kind in kinds]
        far = []
        for kind, port in near:
            relay = Relay("127.0.0.1", port)
            stack.callback(relay.close)
            relay.set_round_trip(FAR)
            far.append((kind, relay.port))
        sections[ASKED] = report_asked(root, near, far)
        sections[SILENT] = report_silent(stack, root, near)
        return sections
