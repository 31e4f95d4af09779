"""Why another server's answer could not be had or used, in two voices: English for log and command line, a key for pages."""


class Because(Exception):
    """The text is a sentence in English. `key` ends a key of the words of pages, `failed_…`; `facts` fill it in, and may be such
    reasons themselves."""

    def __init__(self, text: str, key: str, **facts: object) -> None:
        self.key, self.facts = key, facts
        super().__init__(text)
