#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What edx_cache_endpoint does, as one would write it in Python: for comparison only, and not for use.

It takes no shortcuts in how it runs, and leaves out what would make it slower: it knows one shape of
LOCATION, keeps no copy and does not sync what it writes.
"""
import glob
import os
import re
import tempfile

import yaml
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: cache_endpoint
short_description: Point the caches of Open edX's settings files at memcached servers
description: The work of edx_cache_endpoint, for the benchmark.
author: [edxops (@edxops)]
options:
  path: {type: path, default: /edx/etc, description: The folder with the settings files.}
  endpoints: {type: list, elements: str, required: true, description: The servers.}
  replace: {type: list, elements: str, default: [localhost, 127.0.0.1, memcache], description: Which are replaced.}
"""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def caches_of(settings):
    """The memcached caches of a file."""
    caches = settings.get("CACHES") if isinstance(settings, dict) else None
    return [cache for cache in (caches or {}).values()
            if "memcache" in cache.get("BACKEND", "").lower() and isinstance(cache.get("LOCATION"), list)]


def may_go(server, endpoints, replace):
    """Whether a server is one to be replaced, or the wanted one already."""
    return server in endpoints or server in replace or server.rpartition(":")[0] in replace


def rewired(text, endpoints, replace):
    """The text with other servers, its comments and order kept."""
    wanted = "".join("\\g<indent>- %s\n" % endpoint for endpoint in endpoints)

    def other(match):
        servers = [line.strip()[2:] for line in match.group("servers").splitlines()]
        if not all(may_go(server, endpoints, replace) for server in servers):
            return match.group(0)
        return match.group("key") + match.expand(wanted)

    return re.sub(r"(?P<key>^ +LOCATION:\n)(?P<servers>(?P<indent> +)- .*\n(?:(?P=indent)- .*\n)*)", other, text, flags=re.MULTILINE)


def main():
    """Reads every file, writes those that change, looks again."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/edx/etc"},
            "endpoints": {"type": "list", "elements": "str", "required": True},
            "replace": {"type": "list", "elements": "str", "default": ["localhost", "127.0.0.1", "memcache"]},
        },
        supports_check_mode=True,
    )
    endpoints, replace = module.params["endpoints"], module.params["replace"]
    before, after, files = [], [], []
    for path in sorted(glob.glob(os.path.join(module.params["path"], "*.yml"))):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        caches = caches_of(yaml.load(text, LOADER))
        before += [server for cache in caches for server in cache["LOCATION"]]
        new = text
        if any(cache["LOCATION"] != endpoints for cache in caches):
            new = rewired(text, endpoints, replace)
            caches = caches_of(yaml.load(new, LOADER))
        after += [server for cache in caches for server in cache["LOCATION"]]
        files.append({"path": path, "changed": new != text})
        if new != text and not module.check_mode:
            handle, scratch = tempfile.mkstemp(dir=module.tmpdir)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(new)
            module.atomic_move(scratch, path)
    module.exit_json(changed=any(file["changed"] for file in files), files=files,
                     endpoints_before=sorted(set(before)), endpoints_after=sorted(set(after)))


if __name__ == "__main__":
    main()
