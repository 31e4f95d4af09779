"""Java 17 in one file, which `java Main.java` runs (https://docs.oracle.com/en/java/javase/17/docs/api/java.net.http/java/net/http/package-summary.html)."""

from hoistway.portal.docs.call import Call, Text, Variable, pieces


def _text(value: str) -> str:
    def one(piece: Text | Variable) -> str:
        return f'System.getenv("{piece.name}")' if isinstance(piece, Variable) else f'"{piece.text}"'

    return " + ".join(one(piece) for piece in pieces(value)) or '""'


def _form(call: Call) -> list[str]:
    fields = [f'            "{name}", {_text(value)}' for name, value in call.form]
    encode = "URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8)"
    return [
        "        var form = Map.of(",
        ",\n".join(fields) + ");",
        "        var body = form.entrySet().stream()",
        f'            .map(field -> field.getKey() + "=" + {encode})',
        '            .collect(Collectors.joining("&"));',
    ]


def _request(call: Call) -> list[str]:
    lines = [f'        var request = HttpRequest.newBuilder(URI.create("{call.address}"))']
    headers = list(call.headers)
    if call.form:
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    if call.json is not None:
        headers.append(("Content-Type", "application/json"))
    lines += [f'            .header("{name}", {_text(value)})' for name, value in headers]
    if call.form or call.json is not None:
        lines.append(f'            .method("{call.method}", HttpRequest.BodyPublishers.ofString(body))')
    elif call.method != "GET":
        lines.append(f'            .method("{call.method}", HttpRequest.BodyPublishers.noBody())')
    return [*lines, "            .build();"]


def write(call: Call) -> str:
    """Exits with 1 where the server refuses."""
    imports = ["java.net.URI", "java.net.http.HttpClient", "java.net.http.HttpRequest", "java.net.http.HttpResponse"]
    body: list[str] = []
    if call.form:
        imports += ["java.net.URLEncoder", "java.nio.charset.StandardCharsets", "java.util.Map"]
        imports.append("java.util.stream.Collectors")
        body = _form(call)
    if call.json is not None:
        body = [f'        var body = """\n            {call.json}""";']
    send = "HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString())"
    return "\n".join(
        [
            *(f"import {name};" for name in sorted(imports)),
            "",
            "public class Main {",
            "    public static void main(String[] args) throws Exception {",
            *body,
            *_request(call),
            f"        var reply = {send};",
            "        System.out.println(reply.body());",
            "        System.exit(reply.statusCode() < 400 ? 0 : 1);",
            "    }",
            "}",
            "",
        ]
    )
