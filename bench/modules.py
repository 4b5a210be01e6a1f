"""The modules as whole processes, start to exit, without Ansible."""
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench.hosts import ROOT, bench_venv

BINARIES = ROOT / "build/bin" / platform.machine()
SMALL = "Pointing the seven caches of a 600-line lms.yml elsewhere"
GROWN = "The same edit in larger files"
ENDPOINTS = ["172.31.5.9:11211", "172.31.5.10:11211"]

PYYAML = """
import sys, yaml
path, endpoint = sys.argv[1:]
with open(path) as file:
    settings = yaml.load(file, yaml.CSafeLoader)
for cache in settings["CACHES"].values():
    cache["LOCATION"] = [endpoint]
with open(path, "w") as file:
    yaml.dump(settings, file, Dumper=yaml.CSafeDumper, default_flow_style=False)
"""


def settings_file(path, lines, more=()):
    """A settings file in the shape of lms.yml: seven caches, then as many other settings as fit."""
    text = [*more, "CACHES:"]
    for cache in ["celery", "configuration", "course_structure_cache", "default", "general",
                  "mongo_metadata_inheritance", "staticfiles"]:
        text += [
            f"    {cache}:",
            "        BACKEND: django.core.cache.backends.memcached.MemcachedCache",
            f"        KEY_PREFIX: {cache}",
            "        LOCATION:",
            f"        - {ENDPOINTS[0]}",
        ]
    number = 0
    while len(text) < lines:
        text += [
            f"SETTING_{number:08d}:",
            f"    ENABLED: {'true' if number % 2 else 'false'}",
            f"    URL: https://service-{number}.example.com/api/v1",
            f"    TIMEOUT: {number % 60}",
            "    HOSTS:",
            f"    - host-{number}.example.com",
        ]
        number += 1
    path.write_text("\n".join(text) + "\n")


class Way:
    """One way of pointing the caches of a file elsewhere; each run goes to the other endpoint.

    Of a way that shall find something wrong, `exit_code` is not 0.
    """

    def __init__(self, name, command, exit_code=0):
        self.name = name
        self.command = command
        self.exit_code = exit_code
        self.seconds = []
        self.kilobytes = 0
        self.turn = 0

    def next_command(self):
        """Each run edits: it goes to the endpoint that the one before did not go to."""
        self.turn += 1
        return self.command(ENDPOINTS[self.turn % 2])

    def run(self):
        """Runs it once, from just before the process exists until it is gone, and keeps the time."""
        argv = self.next_command()
        program = shutil.which(argv[0])
        quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        started = time.perf_counter()
        pid = os.posix_spawn(program, argv, os.environ, file_actions=quiet)
        _, status = os.waitpid(pid, 0)
        self.seconds.append(time.perf_counter() - started)
        if os.waitstatus_to_exitcode(status) != self.exit_code:
            sys.exit(f"{self.name} failed: {' '.join(argv)}")

    def weigh(self):
        """Runs it once more for its peak memory: GNU time forks from a small process, so that it is the command's own."""
        with tempfile.NamedTemporaryFile() as usage:
            argv = ["/usr/bin/time", "--output", usage.name, "--format", "%M", *self.next_command()]
            subprocess.run(argv, stdout=subprocess.DEVNULL, check=self.exit_code == 0)
            self.kilobytes = int(pathlib.Path(usage.name).read_text().split()[-1])

    @property
    def median(self):
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def peak(self):
        """Megabytes."""
        return self.kilobytes / 1024


def module(name, **options):
    """The command that runs a module as Ansible does, with a file of arguments."""
    handle, path = tempfile.mkstemp(suffix=".json")
    with os.fdopen(handle, "w") as file:
        json.dump(options, file)
    return [str(BINARIES / name), path]


def in_turn(ways, rounds):
    """One uncounted round, then the counted ones."""
    for way in ways:
        way.run()
        way.seconds.clear()
    for _ in range(rounds):
        for way in ways:
            way.run()
    for way in ways:
        way.weigh()


def small_edit(folder, disk):
    """The 600 lines of an lms.yml, in memory, and once more on the disk, which a write waits for."""
    files = {name: folder / name for name in ["module.yml", "unchanged.yml", "pyyaml.yml", "sed.yml"]}
    files["disk.yml"] = disk / "disk.yml"
    for path in files.values():
        settings_file(path, 600)
    rewire = lambda path, endpoint: module("edx_cache_endpoint", files=[str(path)], endpoints=[endpoint],
                                           replace=ENDPOINTS, _ansible_diff=True)
    ways = [
        Way("`edx_cache_endpoint`, an edit", lambda endpoint: rewire(files["module.yml"], endpoint)),
        Way("`edx_cache_endpoint`, nothing to do", lambda _: rewire(files["unchanged.yml"], ENDPOINTS[0])),
        Way("`edx_cache_endpoint`, an edit on this machine's disk, with its syncs",
            lambda endpoint: rewire(files["disk.yml"], endpoint)),
        Way("Python with PyYAML (C loader), an edit without checks, comments lost",
            lambda endpoint: [str(bench_venv() / "bin/python"), "-c", PYYAML, str(files["pyyaml.yml"]), endpoint]),
        Way("`sed -i`, every occurrence, without looking", lambda endpoint: [
            "sed", "-i", f"s/172.31.5.[0-9]*:11211/{endpoint}/", str(files["sed.yml"])]),
        Way("`true`, what starting any process costs", lambda _: ["true"]),
    ]
    in_turn(ways, 40)
    return ways


def growth(folder):
    """The same edit in files of 1, 10 and 100 MB."""
    ways = []
    for megabytes in [1, 10, 100]:
        path = folder / f"{megabytes}.yml"
        settings_file(path, 39_000 * megabytes)
        size = path.stat().st_size / 1e6
        ways.append((size, Way(f"{size:.1f} MB", lambda endpoint, path=path: module(
            "edx_cache_endpoint", files=[str(path)], endpoints=[endpoint], replace=ENDPOINTS))))
    in_turn([way for _, way in ways], 3)
    return ways


def report_small(small):
    """Text of the first section."""
    first = small[0]
    lines = [
        "Each figure is a whole process, start to exit, as Ansible would start it on the target.",
        "",
        "| way | median, ms | compared | peak memory, MB |",
        "| --- | ---: | ---: | ---: |",
    ]
    for way in small:
        lines.append(f"| {way.name} | {way.median * 1000:.2f} | {way.median / first.median:.2f} | {way.peak:.1f} |")
    return lines + [
        "",
        "The edit includes what the others leave out: the file locked, the new content read by two independent readers",
        "and compared, written beside the old one, synced and renamed. Files are in memory (/dev/shm) but for the row",
        "that says so, where the waiting is the disk's.",
    ]


def report_grown(grown):
    """Text of the second section."""
    lines = [
        "| file | median, s | ms for each MB | peak memory, MB | memory for each MB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for size, way in grown:
        lines.append(f"| {way.name} | {way.median:.3f} | {way.median * 1000 / size:.1f} | {way.peak:.0f} "
                     f"| {way.peak / size:.1f} |")
    return lines


def main():
    """Measures both and returns the sections by title."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder, tempfile.TemporaryDirectory(dir=ROOT / "build") as disk:
        return {
            SMALL: report_small(small_edit(pathlib.Path(folder), pathlib.Path(disk))),
            GROWN: report_grown(growth(pathlib.Path(folder))),
        }
