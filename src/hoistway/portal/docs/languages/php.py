"""PHP 8 with its curl extension (https://www.php.net/manual/book.curl.php)."""

from hoistway.portal.docs.call import Call, Text, Variable, pieces


def _text(value: str) -> str:
    def one(piece: Text | Variable) -> str:
        return f"getenv('{piece.name}')" if isinstance(piece, Variable) else f"'{piece.text}'"

    return " . ".join(one(piece) for piece in pieces(value)) or "''"


def _header(name: str, value: str) -> str:
    return _text(f"{name}: {value}")


def write(call: Call) -> str:
    """Exits with 1 where the server refuses."""
    headers = [_header(name, value) for name, value in call.headers]
    if call.json is not None:
        headers.append(_header("Content-Type", "application/json"))
    options = [] if call.method in {"GET", "POST"} else [f"    CURLOPT_CUSTOMREQUEST => '{call.method}',"]
    if headers:
        options += ["    CURLOPT_HTTPHEADER => [", *(f"        {header}," for header in headers), "    ],"]
    if call.form:
        fields = [f"        '{name}' => {_text(value)}," for name, value in call.form]
        options += ["    CURLOPT_POSTFIELDS => http_build_query([", *fields, "    ]),"]
    if call.json is not None:
        options.append(f"    CURLOPT_POSTFIELDS => '{call.json}',")
    return "\n".join(
        [
            "<?php",
            f"$request = curl_init('{call.address}');",
            "curl_setopt_array($request, [",
            *options,
            "    CURLOPT_RETURNTRANSFER => true,",
            "]);",
            "$answer = curl_exec($request);",
            "if ($answer === false) {",
            "    fwrite(STDERR, curl_error($request) . PHP_EOL);",
            "    exit(1);",
            "}",
            "echo $answer, PHP_EOL;",
            "exit(curl_getinfo($request, CURLINFO_RESPONSE_CODE) < 400 ? 0 : 1);",
            "",
        ]
    )
