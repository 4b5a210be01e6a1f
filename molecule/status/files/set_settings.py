#!/usr/bin/env python3
"""Sets values in the settings files of this host, as an operator's editor or an upgrade would.

    set_settings.py FILE[,FILE...] '{"DATABASES.default.HOST": "10.0.0.5"}'

Files are those of /edx/etc. A key path leads through mappings and lists; what is missing on it is created.
"""

import json
import os
import sys
from pathlib import Path

import yaml


def put(node, keys, value):
    """Sets one value below a node."""
    key, *rest = keys
    key = int(key) if isinstance(node, list) else key
    if not rest:
        node[key] = value
        return
    if isinstance(node, dict):
        node.setdefault(key, {})
    put(node[key], rest, value)


def main():
    """Sets all of them in each file, whose owner and mode stay."""
    names, settings = sys.argv[1].split(","), json.loads(sys.argv[2])
    for name in names:
        path = Path("/edx/etc") / name
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, value in settings.items():
            put(document, key.split("."), value)
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(document, file, allow_unicode=True, indent=4, default_flow_style=False)
            os.fsync(file.fileno())


if __name__ == "__main__":
    main()
