"""The programming languages in which the documentation writes a request, in the order of their tabs: one file each."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from hoistway.portal.docs.call import Call
from hoistway.portal.docs.languages import csharp, curl, go, java, javascript, php, python


class Language(Struct, frozen=True):
    """`name` is shown to readers; `key` is used in addresses and by the highlighter."""

    key: str
    name: str
    write: Callable[[Call], str]


LANGUAGES: Final[Mapping[str, Language]] = {
    language.key: language
    for language in (
        Language("curl", "curl", curl.write),
        Language("python", "Python", python.write),
        Language("javascript", "JavaScript", javascript.write),
        Language("csharp", "C#", csharp.write),
        Language("java", "Java", java.write),
        Language("go", "Go", go.write),
        Language("php", "PHP", php.write),
    )
}
