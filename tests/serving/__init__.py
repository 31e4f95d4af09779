"""The server itself: HTTP/1.1, who is admitted, processes that are kept alive."""
