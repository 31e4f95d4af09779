"""Tells the browser where a page's forms, scripts and frames may go (CSP Level 3, https://www.w3.org/TR/CSP3/)."""

import re


def secure_headers(form_action: str | None, framed_by: str | None, *, connect: bool = False) -> dict[str, str]:
    """`form_action` None leaves the directive out (docs/adr/0004-hosted-pages.md). `connect` lets scripts of the page
    call this server and frame its pages (for the silent renewal of the try-it console)."""
    ancestor = framed_by if framed_by == "'self'" else csp_source(framed_by) if framed_by else None
    policy = (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        *(() if form_action is None else (f"form-action {form_action}",)),
        f"frame-ancestors {ancestor}" if ancestor else "frame-ancestors 'none'",
        "base-uri 'none'",
        *(("connect-src 'self'", "frame-src 'self'") if connect else ()),
    )
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    return headers if ancestor else headers | {"X-Frame-Options": "DENY"}


def alone() -> dict[str, str]:
    """For a document that others wrote: it may be read, and its links followed."""
    return {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def csp_source(target: str) -> str | None:
    """`https://host[:port]` as a CSP source; None for anything else, which is then left out. An IPv6 loopback address
    can't be written as a CSP source (CSP3 §2.3.1 host-char), so its scheme is allowed instead."""
    if re.fullmatch(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", target):
        return target
    loopback = re.fullmatch(r"(https?:)//\[::1\](:[0-9]{1,5})?", target)
    return None if loopback is None else loopback[1]
