#!/usr/bin/env python3
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the data of an Open edX server is, as one would write it in Python: for comparison only, and not for use.

  data_servers.py FOLDER [SECONDS]     the second asks every memcached and Redis, one after the other

It takes no shortcuts in how it reads, and leaves out what would make it slower: it knows the key paths of one release
and one shape of each, judges nothing, and reads no file but those of the folder.
"""
import glob
import json
import os
import socket
import sys

import yaml

# Key path of the setting's mapping, host, port, and the port where there is none.
SERVERS = {
    "mysql": [("DATABASES.*", "HOST", "PORT", 3306)],
    "mongodb": [(path, "host", "port", 27017) for path in [
        "DOC_STORE_CONFIG", "CONTENTSTORE.DOC_STORE_CONFIG", "CONTENTSTORE.OPTIONS",
        "MODULESTORE.default.OPTIONS.stores.*.DOC_STORE_CONFIG"]],
    "redis": [("", "CELERY_BROKER_HOSTNAME", "", 6379)],
    "elasticsearch": [("ELASTIC_SEARCH_CONFIG.*", "host", "port", 9200)],
}
URLS = {"redis": ["CELERY_BROKER_URL", "BROKER_URL"], "elasticsearch": ["ELASTICSEARCH_URL"]}
# Class and folder of a storage.
FOLDERS = [("", "DEFAULT_FILE_STORAGE", "MEDIA_ROOT"), ("GRADES_DOWNLOAD", "STORAGE_CLASS", "STORAGE_KWARGS.location"),
           ("PROFILE_IMAGE_BACKEND", "class", "options.location"),
           ("VIDEO_IMAGE_SETTINGS", None, "STORAGE_KWARGS.location")]
ASKS = {"memcached": [b"version\r\n"], "redis": [b"PING\r\n", b"INFO server\r\n"]}


def at(node, path):
    """Every value at a key path, in which a star stands for all keys or items."""
    if not path:
        return [] if node is None else [node]
    name, _, rest = path.partition(".")
    if name == "*":
        items = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
        return [value for item in items for value in at(item, rest)]
    return at(node.get(name), rest) if isinstance(node, dict) else []


def of_caches(settings):
    """Layer and server of every cache."""
    for cache in at(settings, "CACHES.*"):
        layer = "memcached" if "memcache" in cache["BACKEND"].lower() else "redis"
        places = cache["LOCATION"] if isinstance(cache["LOCATION"], list) else [cache["LOCATION"]]
        yield from ((layer, place.rpartition("//")[2].partition("/")[0]) for place in places)


def of_file(settings):
    """Layer and place of everything that a file names."""
    for layer, rows in SERVERS.items():
        for path, host, port, usual in rows:
            for item in at(settings, path):
                hosts = at(item, host)
                hosts = hosts[0] if hosts and isinstance(hosts[0], list) else hosts
                yield from ((layer, f"{name}:{item.get(port) or usual}") for name in hosts)
    for layer, keys in URLS.items():
        for url in [url for key in keys for url in at(settings, key)]:
            yield layer, url.rpartition("//")[2].rpartition("@")[2].partition("/")[0]
    yield from of_caches(settings)
    for path, kind, folder in FOLDERS:
        for item in at(settings, path):
            if kind is None or "FileSystemStorage" in "".join(at(item, kind)):
                yield from (("files", place) for place in at(item, folder) or at(settings, "MEDIA_ROOT"))


def ask(layer, place, seconds):
    """Whether a server answers."""
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), seconds) as connection:
            for question in ASKS[layer]:
                connection.sendall(question)
                if not connection.recv(65536):
                    return False
            return True
    except OSError:
        return False


def main(folder, seconds=None):
    """Prints each place once, by layer."""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.yml"))):
        with open(path, encoding="utf-8") as file:
            for layer, place in of_file(yaml.load(file, yaml.CSafeLoader)):
                found.setdefault(layer, {})[place] = None
    if seconds:
        for layer in ASKS:
            for place in found.get(layer, {}):
                found[layer][place] = ask(layer, place, float(seconds))
    print(json.dumps(found))


main(*sys.argv[1:])
