"""Runs ansible-playbook and kills it, with all that it started here, at the first line that begins with some words.

Arguments: the words, and then the command. Exits with 0 when it came to that line.
"""
import os
import signal
import subprocess
import sys
import time


def main():
    """Until the line comes, or the end."""
    words, command = sys.argv[1], sys.argv[2:]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    last = []
    for line in run.stdout:
        last = last[-40:] + [line]
        if line.startswith(words):
            # The task is under way on the hosts.
            time.sleep(float(os.environ.get("KILL_AFTER", "1")))
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            return 0
    print("".join(last))
    return 1


sys.exit(main())
