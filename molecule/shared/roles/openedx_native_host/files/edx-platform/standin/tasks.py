"""Celery's part of edx-platform: the broker by the settings of the service, and one task that can be counted."""

import os
import time

from celery import Celery

from standin.settings import CONFIG, SERVICE_VARIANT

LOG = "/edx/var/log/supervisor/tasks.log"

# As lms/envs/production.py puts it together: nothing is quoted.
BROKER = "{CELERY_BROKER_TRANSPORT}://{CELERY_BROKER_USER}:{CELERY_BROKER_PASSWORD}@{CELERY_BROKER_HOSTNAME}/{CELERY_BROKER_VHOST}"

app = Celery("standin", broker=BROKER.format(**CONFIG))
app.conf.task_default_queue = f"edx.{SERVICE_VARIANT}.core.default"
app.conf.task_ignore_result = True
# A request must not wait for a broker that is away.
app.conf.broker_transport_options = {"socket_connect_timeout": 2}
app.conf.task_publish_retry_policy = {"max_retries": 1}


@app.task
def record(number, seconds=0.02):
    """Takes its time, and then writes one line: which task it was, and where it came from."""
    time.sleep(seconds)
    line = f"{number} {CONFIG['CELERY_BROKER_HOSTNAME']}\n"
    log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(log, line.encode())
    finally:
        os.close(log)


def is_done(number):
    """Whether a worker has written that line."""
    try:
        with open(LOG, encoding="utf-8") as log:
            return any(line.startswith(f"{number} ") for line in log)
    except FileNotFoundError:
        return False
