"""Writes each task's result as a line of JSON into the file that EDX_RECORD names. Runs in every Ansible from 2.8 on."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = """
    name: edx_record
    type: notification
    short_description: results as lines of JSON
    description: Results as lines of JSON.
"""

import json
import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "edx_record"
    CALLBACK_NEEDS_WHITELIST = False
    CALLBACK_NEEDS_ENABLED = False

    def record(self, event, result):
        record = {
            "event": event,
            "task": result._task.get_name(),
            "host": result._host.get_name(),
            "result": result._result,
        }
        with open(os.environ["EDX_RECORD"], "a") as file:
            file.write(json.dumps(record, default=str) + "\n")

    def v2_runner_on_ok(self, result):
        self.record("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.record("failed", result)

    def v2_runner_on_skipped(self, result):
        self.record("skipped", result)

    def v2_runner_on_unreachable(self, result):
        self.record("unreachable", result)

    def v2_runner_retry(self, result):
        self.record("retry", result)

    def v2_runner_item_on_ok(self, result):
        self.record("item ok", result)

    def v2_runner_item_on_failed(self, result):
        self.record("item failed", result)
