"""Reads a JSON list of YAML texts, writes a JSON list of what PyYAML's own (pure Python) safe loader makes of each."""
import datetime
import json
import sys

import yaml


class Loader(yaml.SafeLoader):
    pass


class Tagged:
    def __init__(self, tag, text):
        self.tag, self.text = tag, text


def unsafe(loader, node):
    return node.value


def unknown(loader, suffix, node):
    return Tagged("!" + suffix, node.value if isinstance(node, yaml.ScalarNode) else "")


def mapping(loader, node):
    seen = []
    for key, _ in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key, deep=True)
        hash(key)
        if any(key == other for other in seen):
            raise yaml.YAMLError("duplicate key")
        seen.append(key)
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True) for key, value in node.value
    }


Loader.add_constructor("!unsafe", unsafe)
Loader.add_multi_constructor("!", unknown)
Loader.add_constructor("tag:yaml.org,2002:map", mapping)


def typed(value):
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", "nan" if value != value else "%.12g" % value]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return ["date"]
    if isinstance(value, bytes):
        return ["bytes"]
    if isinstance(value, list):
        return ["seq", [typed(item) for item in value]]
    if isinstance(value, dict):
        return ["map", [[typed(key), typed(item)] for key, item in value.items()]]
    if isinstance(value, Tagged):
        return ["tagged", value.tag, value.text]
    return ["other", type(value).__name__]


def read(text):
    try:
        return {"ok": typed(yaml.load(text, Loader=Loader))}
    except Exception as error:  # noqa: BLE001 (a ValueError for a bad date is an answer, too)
        return {"error": "%s: %s" % (type(error).__name__, error)}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
