"""Prints, as JSON, what stands in a native Open edX's files, read as Open edX and Ansible read them.

Independent of the project's modules: PyYAML and the file system only.
"""
import hashlib
import json
import os
import pathlib
import pwd

import yaml

ETC = pathlib.Path("/edx/etc")
SERVER_VARS = pathlib.Path("/edx/app/edx_ansible/server-vars.yml")


def about(path):
    """Content, owner and mode of a file."""
    status = path.stat()
    return {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "owner": pwd.getpwuid(status.st_uid).pw_name,
        "mode": oct(status.st_mode & 0o7777),
        "inode": status.st_ino,
        "mtime": status.st_mtime_ns,
    }


def caches(path):
    """The servers of each cache, by name."""
    settings = yaml.safe_load(path.read_text()) or {}
    return {name: cache.get("LOCATION") for name, cache in (settings.get("CACHES") or {}).items()}


def brokers(path):
    """What names the broker of Celery's tasks, and its password."""
    settings = yaml.safe_load(path.read_text()) or {}
    names = ("BROKER_URL", "CELERY_BROKER_URL", "CELERY_BROKER_HOSTNAME", "CELERY_BROKER_PASSWORD")
    return {name: settings[name] for name in names if name in settings}


def databases(path):
    """Host and port of each database, by name."""
    settings = yaml.safe_load(path.read_text()) or {}
    return {name: (each.get("HOST"), each.get("PORT")) for name, each in (settings.get("DATABASES") or {}).items()}


def main():
    """Everything at once."""
    files = sorted(ETC.glob("*.yml"))
    seen = {
        "files": {path.name: about(path) for path in files},
        "caches": {path.name: caches(path) for path in files},
        "brokers": {path.name: brokers(path) for path in files},
        "databases": {path.name: databases(path) for path in files},
        "others": sorted(name for name in os.listdir(ETC) if not name.endswith(".yml")),
        "server_vars": yaml.safe_load(SERVER_VARS.read_text()) if SERVER_VARS.exists() else None,
        "server_vars_sha256": about(SERVER_VARS)["sha256"] if SERVER_VARS.exists() else None,
    }
    print(json.dumps(seen))


main()
