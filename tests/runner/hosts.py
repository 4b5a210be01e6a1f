"""The test hosts, as root sees them from below: tests set up and look at what the runner meets there."""

import base64
import os
import re
import select
import subprocess
import threading
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
PODMAN = str(ROOT / "tools" / "podman")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edxops"
KEY = CACHE / "id_ed25519"

# Whatever a test leaves: users of its own, mounts, processes, and the binaries that the runner stored.
CLEAN = r"""
for user in $(getent group edx-test-users | cut -d: -f4 | tr , ' '); do
  pkill -KILL -u "$user"
  umount -l "/home/$user/.ansible" 2>/dev/null
  userdel --force --remove "$user" 2>/dev/null
  rm -rf "/home/$user" "/etc/sudoers.d/$user" "/etc/ssh/authorized_keys/$user"
done
getent group edx-test-users >/dev/null || groupadd edx-test-users
rm -rf /root/.ansible /home/admin/.ansible /var/tmp/edxops-* /tmp/edxops-* /srv/*
"""


class RootShell:
    """One root shell on a host that is kept open: starting one for each command takes a quarter of a second."""

    def __init__(self, container: str):
        self.process = subprocess.Popen(
            [PODMAN, "exec", "--interactive", container, "/bin/sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, script: str, stdin: str, timeout: float) -> tuple[int, str]:
        mark = uuid.uuid4().hex
        encoded_stdin, encoded = (base64.b64encode(text.encode()).decode() for text in (stdin, script))
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(
            f'printf %s {encoded_stdin} | base64 -d | sh -c "$(printf %s {encoded} | base64 -d)" 2>&1; '
            f'printf "%s %d\\n" {mark} $?\n'.encode()
        )
        self.process.stdin.flush()
        output, deadline = b"", time.monotonic() + timeout
        while True:
            end = re.search(rb"%s (\d+)\n\Z" % mark.encode(), output)
            if end:
                return int(end.group(1)), output[: end.start()].decode(errors="replace")
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"the host did not answer in {timeout} seconds: {script}"
            some = os.read(self.process.stdout.fileno(), 65536)
            assert some, f"the host's shell ended: {script}"
            output += some

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Watch:
    """A script that runs on the host over and over, until the block ends; `seen` is all that it printed."""

    def __init__(self, container: str, script: str):
        self.shell, self.script, self.seen = RootShell(container), script, ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.loop)

    def loop(self) -> None:
        while not self.ended.is_set():
            self.seen += self.shell.run(self.script, "", timeout=20)[1]
            time.sleep(0.02)

    def __enter__(self) -> "Watch":
        # Opens the shell, so that the first look is no later than what is watched.
        self.shell.run("true", "", timeout=20)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()
        self.shell.close()


class Host:
    """A test host. Commands go through podman: what is tested is SSH, so nothing else here uses it."""

    def __init__(self, name: str):
        self.name, self.container = name, f"edxops-runner-{name}"
        self.address = subprocess.check_output(
            [PODMAN, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.container],
            text=True,
            timeout=60,
        ).strip()
        self.shell = RootShell(self.container)
        self.mounted: list[str] = []

    def sh(self, script: str, stdin: str = "", timeout: float = 30) -> str:
        """What the script prints, run by root; it must succeed."""
        try:
            status, output = self.shell.run(script, stdin, timeout)
        except AssertionError:
            # It may be at it still: the next test gets another.
            self.shell.close()
            self.shell = RootShell(self.container)
            raise
        assert status == 0, f"on {self.name}, exit status {status}: {script}\n{output}"
        return output

    def lines(self, script: str) -> list[str]:
        return self.sh(script).splitlines()

    def write(self, path: str, text: str, owner: str = "root", mode: str = "644") -> None:
        self.sh(f"cat >'{path}'; chown {owner}: '{path}'; chmod {mode} '{path}'", stdin=text)

    def watching(self, script: str) -> Watch:
        return Watch(self.container, script)

    def user(self, name: str, shell: str = "/bin/bash", sudo: str = "ALL=(ALL) NOPASSWD: ALL") -> str:
        """A new user who can log in with the tests' key, and may do with sudo what sudoers(5) says there."""
        self.sh(
            f"""
            useradd --create-home --shell {shell} --groups edx-test-users {name} &&
            cp /etc/ssh/authorized_keys/admin /etc/ssh/authorized_keys/{name}
            """
        )
        if sudo:
            self.may(name, sudo)
        return name

    def may(self, user: str, sudo: str) -> None:
        """What the user may do with sudo, in the words of sudoers(5)."""
        self.write(f"/etc/sudoers.d/{user}", f"{user} {sudo}\n", mode="440")

    def first_on_path(self, user: str, **programs: str) -> None:
        """Programs of the user's own that stand before the system's: shell scripts by name."""
        self.sh(f"mkdir -p ~{user}/first; echo 'PATH=$HOME/first:$PATH' >~{user}/.bashrc")
        for name, script in programs.items():
            self.write(f"/home/{user}/first/{name}", "#!/bin/sh\n" + script + "\n", mode="755")

    def hide(self, user: str, *programs: str) -> None:
        """The system's programs but these, to this user."""
        gone = " ".join(f"~{user}/only/{program}" for program in programs)
        self.sh(f"cp --recursive --symbolic-link /usr/bin ~{user}/only; rm {gone}; echo 'PATH=$HOME/only' >~{user}/.bashrc")

    def mount(self, folder: str, options: str, owner: str = "root") -> None:
        self.sh(f"mkdir -p {folder} && mount -t tmpfs -o {options} none {folder} && chown {owner}: {folder}")
        self.mounted.append(folder)

    def clean(self) -> None:
        for folder in reversed(self.mounted):
            self.sh(f"umount -l {folder}")
        self.mounted.clear()
        self.sh(CLEAN + "true")

    def stored(self, folder: str) -> list[str]:
        """What is in a folder, hidden files too."""
        return sorted(self.lines(f"ls -A {folder} 2>/dev/null || true"))
