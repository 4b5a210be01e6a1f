"""Prints as JSON what PyYAML reads in a file, by its own parser and by libyaml's; !unsafe, Ansible's word, is text."""
import json
import sys

import yaml

path = sys.argv[1]
read = {}
for name in ['SafeLoader', 'CSafeLoader']:
    loader = getattr(yaml, name, None)
    if loader:
        loader.add_constructor('!unsafe', loader.construct_yaml_str)
        with open(path, encoding='utf-8') as file:
            read[name] = yaml.load(file, Loader=loader)
values = list(read.values())
if any(repr(value) != repr(values[0]) for value in values):
    sys.exit('PyYAML and libyaml read different things: %r' % read)
# What JSON has no type for, such as a date, shows as an object that no test wants.
print(json.dumps(values[0], default=lambda value: {type(value).__name__: str(value)}))
