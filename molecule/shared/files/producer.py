"""Has the LMS queue a task every 50 ms, and writes down which it said that it queued.

Arguments: the first number; and for something else than a task the address that is asked with the number, and what
the LMS says when it has done it.

A request that the LMS never answered may have queued its task or not, and is written down as such.
"""
import json
import sys
import time
import urllib.error
import urllib.request

LOG = "/root/queued.log"
ADDRESS, DONE = sys.argv[2:4] or ("standin/queue?first=", "queued")


def ask(number):
    """What became of the request: queued, refused (certainly not queued) or unknown."""
    url = f"http://127.0.0.1:8000/{ADDRESS}{number}"
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return "queued" if json.load(answer) == {DONE: 1} else "unknown"
    except urllib.error.HTTPError:
        return "unknown"
    except urllib.error.URLError as error:
        return "refused" if isinstance(error.reason, ConnectionRefusedError) else "unknown"
    except OSError:
        return "unknown"


def main():
    """Until it is stopped."""
    with open(LOG, "a", encoding="utf-8", buffering=1) as log:
        number = int(sys.argv[1])
        while True:
            # The line is there before the answer: when this is stopped in between, it is unknown.
            log.write(f"{number} unknown\n")
            log.write(f"{number} {ask(number)}\n")
            number += 1
            time.sleep(0.05)


main()
