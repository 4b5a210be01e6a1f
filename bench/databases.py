"""edx_databases: what it takes to bring databases to another MySQL server, beside the tools that one would use by hand."""
import contextlib
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench.look import free_port, timed
from bench.modules import module
from bench.page import table

TITLE = "Bringing databases to another MySQL server"
ROUNDS = 3
PARALLEL = 4
DATA = """
SET SESSION sql_mode = '';
CREATE DATABASE edxapp CHARACTER SET utf8mb3;
USE edxapp;
CREATE TABLE courseware_studentmodule (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, student_id INT NOT NULL,
  module_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, state LONGTEXT, grade DOUBLE NULL,
  modified DATETIME(6) NOT NULL, UNIQUE KEY learner (student_id, module_id), KEY grade (grade), KEY modified (modified)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO courseware_studentmodule (student_id, module_id, state, grade, modified)
  SELECT seq MOD 5000, CONCAT('block-v1:edX+DemoX+type@problem+block@', MD5(seq)), REPEAT(MD5(seq), 8), seq / 7, NOW(6)
  FROM seq_1_to_200000;
CREATE TABLE history LIKE courseware_studentmodule;
INSERT INTO history SELECT * FROM courseware_studentmodule WHERE id <= 120000;
CREATE TABLE tracking LIKE courseware_studentmodule;
INSERT INTO tracking SELECT * FROM courseware_studentmodule WHERE id <= 80000;
CREATE TABLE files (id INT NOT NULL PRIMARY KEY, content LONGBLOB) ENGINE=InnoDB;
INSERT INTO files SELECT seq, UNHEX(REPEAT(SHA2(seq, 512), 300)) FROM seq_1_to_1500;
"""
# As many tables as a native edxapp has, nearly all of them small.
SMALL = "".join(
    f"CREATE TABLE small_{number} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255), KEY name (name)) "
    f"ENGINE=InnoDB; INSERT INTO small_{number} (name) SELECT MD5(seq) FROM seq_1_to_50;\n" for number in range(400))


class Server:
    """A MariaDB of the benchmark's own, on loopback."""

    def __init__(self, stack, folder):
        self.port, self.socket = free_port(), folder / "socket"
        data = folder / "data"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
                        "--skip-test-db", "--user=root", f"--datadir={data}", f"--tmpdir={folder}"],
                       check=True, stdout=subprocess.DEVNULL)
        process = subprocess.Popen(
            ["/usr/sbin/mariadbd", "--no-defaults", "--user=root", "--bind-address=127.0.0.1", f"--port={self.port}",
             f"--datadir={data}", f"--socket={self.socket}", f"--pid-file={folder / 'pid'}", f"--tmpdir={folder}",
             "--innodb-buffer-pool-size=1G", "--max-allowed-packet=64M", "--performance-schema=OFF"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        for _ in range(600):
            if self.client("SELECT 1", check=False).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit("bench: mariadbd does not answer")

    def login(self):
        """The arguments of a client."""
        return ["--no-defaults", "--user=root", f"--socket={self.socket}"]

    def client(self, sql, check=True):
        """Runs SQL."""
        return subprocess.run(["mariadb", *self.login()], input=sql.encode(), check=check, capture_output=True)


def by_pipe(source, destination):
    """mariadb-dump into mariadb."""
    dump = f"mariadb-dump {' '.join(source.login())} --single-transaction --quick --hex-blob --databases edxapp"
    return ["bash", "-c", f"set -o pipefail; {dump} | mariadb {' '.join(destination.login())}"]


def by_mydumper(source, destination, folder):
    """mydumper to a folder, and myloader from it."""
    threads = f"--threads {PARALLEL}"
    dump = f"mydumper --user root --socket {source.socket} --database edxapp --outputdir {folder} {threads} --verbose 0"
    load = f"myloader --user root --socket {destination.socket} --directory {folder} {threads} --verbose 0"
    return ["bash", "-c", f"set -e; rm -rf {folder}; {dump}; {load}"]


def by_module(source, destination, compress):
    """edx_databases."""
    return module("edx_databases", state="copied", source=f"unix:{source.socket}", destination=f"unix:{destination.socket}",
                  live=True, parallel=PARALLEL, compress=compress, progress_file="/tmp/edxops-bench.progress")


def counted(server):
    """The rows of each large table."""
    tables = ["courseware_studentmodule", "history", "tracking", "files", "small_7"]
    sql = "".join(f"SELECT COUNT(*) FROM edxapp.{name};" for name in tables)
    return server.client(sql).stdout


def main():
    """The section."""
    if not shutil.which("mydumper"):
        sys.exit("bench: mydumper is missing: apt-get install mydumper")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edxdb", dir="/tmp")))
        servers = []
        for name in ["source", "destination"]:
            (folder / name).mkdir()
            servers.append(Server(stack, folder / name))
        source, destination = servers
        source.client(DATA + SMALL)
        size = source.client("SELECT SUM(DATA_LENGTH + INDEX_LENGTH) DIV 1048576 FROM information_schema.TABLES "
                             "WHERE TABLE_SCHEMA = 'edxapp'").stdout.split()[-1].decode()
        ways = {
            "`edx_databases`": by_module(source, destination, False),
            "`edx_databases`, compressed on the way": by_module(source, destination, True),
            "`mydumper`, then `myloader`": by_mydumper(source, destination, folder / "dump"),
            "`mariadb-dump` into `mariadb`": by_pipe(source, destination),
        }
        expected = counted(source)
        seconds = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, command in ways.items():
                destination.client("DROP DATABASE IF EXISTS edxapp; DROP DATABASE IF EXISTS edxops_move")
                seconds[name].append(timed(command, quiet=True)[0])
                if counted(destination) != expected:
                    sys.exit(f"bench: not all rows came: {' '.join(command)}")
        compare = module("edx_databases", state="compared", source=f"unix:{source.socket}",
                         destination=f"unix:{destination.socket}", parallel=PARALLEL)
        looked = statistics.median(timed(compare, quiet=True)[0] for _ in range(ROUNDS))
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    first = medians["`edx_databases`"]
    fastest = min(value for name, value in medians.items() if "edx_databases" not in name)
    rows = [[name, f"{value:.1f}", f"{value / first:.2f}", f"{value / fastest:.2f}"] for name, value in medians.items()]
    return {TITLE: [
        f"A database of {size} MB with 404 tables, from one real MariaDB on this machine to another, over sockets; both share the",
        f"machine's processors with the programs that copy. Each way with {PARALLEL} threads where it has threads. `mydumper` lays the",
        "data down on a disk between, and takes neither its own note of what is unfinished nor accounts along.",
        f"Whole processes, medians of {ROUNDS} rounds, one way after the other in each round.",
        "",
        *table(["way", "s", "to `edx_databases`", "to the fastest tool by hand"], rows),
        "",
        f"Afterwards `edx_databases` compares every row of both by a checksum in {looked:.1f} s.",
    ]}
