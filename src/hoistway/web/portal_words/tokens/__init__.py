"""The words of the pages about tokens: the try-it console, Get a token, the token inspector."""

from typing import Final

from hoistway.web.portal_words.tokens import (
    get_token,
    inspect_claims,
    inspect_page,
    inspect_reasons,
    try_it,
    try_refusals,
    try_steps,
)

PARTS: Final = (try_it, try_steps, try_refusals, inspect_page, inspect_claims, inspect_reasons, get_token)
