"""Writes when each task started and when each of its results came, one JSON object a line, for bench."""
import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: stamps
type: aggregate
short_description: Times of tasks and results, for the benchmark
description: Appends to the file named in BENCH_STAMPS.
"""


class CallbackModule(CallbackBase):
    """Only stamps; what the screen shows is another callback's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stamps"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.file = open(os.environ["BENCH_STAMPS"], "a", encoding="utf-8", buffering=1)
        self.play = ""

    def stamp(self, event, **more):
        """One line."""
        self.file.write(json.dumps({"at": time.time(), "event": event, "play": self.play, **more}) + "\n")

    def v2_playbook_on_play_start(self, play):
        """A play begins."""
        self.play = play.get_name().strip()
        self.stamp("play")

    def v2_playbook_on_task_start(self, task, is_conditional):
        """A task begins, before any host runs it."""
        self.stamp("task", task=task.get_name().strip(), action=task.action)

    def v2_playbook_on_handler_task_start(self, task):
        """A handler begins."""
        self.stamp("task", task=task.get_name().strip(), action=task.action)

    def result(self, result, outcome):
        """A host is done with a task."""
        host = getattr(result, "host", None) or result._host
        self.stamp(outcome, host=host.get_name())

    def v2_runner_on_ok(self, result):
        """Done."""
        self.result(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """Failed."""
        self.result(result, "failed")

    def v2_runner_on_skipped(self, result):
        """Skipped."""
        self.result(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        """Gone."""
        self.result(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        """The end."""
        self.stamp("end")
