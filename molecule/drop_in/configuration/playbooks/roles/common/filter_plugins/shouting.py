"""A filter of the repository's own."""


class FilterModule(object):
    def filters(self):
        return {"shouting": lambda text: text.upper()}
