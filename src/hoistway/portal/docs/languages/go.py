"""Go with its standard library (https://pkg.go.dev/net/http)."""

from hoistway.portal.docs.call import Call, Text, Variable, pieces


def _text(value: str) -> str:
    def one(piece: Text | Variable) -> str:
        return f'os.Getenv("{piece.name}")' if isinstance(piece, Variable) else f'"{piece.text}"'

    return "+".join(one(piece) for piece in pieces(value)) or '""'


def _request(call: Call) -> tuple[list[str], str]:
    """The lines before the request, and the expression for its body."""
    if call.form:
        widest = max(len(name) for name, _value in call.form)
        gaps = {name: " " * (widest - len(name) + 1) for name, _value in call.form}
        fields = [f'\t\t"{name}":{gaps[name]}{{{_text(value)}}},' for name, value in call.form]
        return ["\tform := url.Values{", *fields, "\t}"], "strings.NewReader(form.Encode())"
    if call.json is not None:
        return [], f"strings.NewReader(`{call.json}`)"
    return [], "nil"


def write(call: Call) -> str:
    """A program in one file."""
    before, body = _request(call)
    headers = list(call.headers)
    if call.form:
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    if call.json is not None:
        headers.append(("Content-Type", "application/json"))
    imports = {"fmt", "io", "log", "net/http"}
    if "os.Getenv" in "".join(_text(value) for _name, value in (*headers, *call.form)):
        imports.add("os")
    imports |= {"net/url"} if call.form else set()
    imports |= {"strings"} if body != "nil" else set()
    stop = ["\tif err != nil {", "\t\tlog.Fatal(err)", "\t}"]
    return "\n".join(
        [
            "package main",
            "",
            "import (",
            *(f'\t"{name}"' for name in sorted(imports)),
            ")",
            "",
            "func main() {",
            *before,
            f'\trequest, err := http.NewRequest("{call.method}", "{call.address}", {body})',
            *stop,
            *(f'\trequest.Header.Set("{name}", {_text(value)})' for name, value in headers),
            "\treply, err := http.DefaultClient.Do(request)",
            *stop,
            "\tdefer reply.Body.Close()",
            "\tanswer, err := io.ReadAll(reply.Body)",
            *stop,
            "\tif reply.StatusCode >= 400 {",
            "\t\tlog.Fatal(string(answer))",
            "\t}",
            "\tfmt.Println(string(answer))",
            "}",
            "",
        ]
    )
