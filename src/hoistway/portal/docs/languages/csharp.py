"""C# with HttpClient and top-level statements (https://learn.microsoft.com/dotnet/api/system.net.http.httpclient)."""

from hoistway.portal.docs.call import Call, Text, Variable, pieces

_METHODS = {"GET": "Get", "POST": "Post", "PATCH": "Patch", "PUT": "Put", "DELETE": "Delete"}


def _text(value: str) -> str:
    def one(piece: Text | Variable) -> str:
        if isinstance(piece, Variable):
            return f'Environment.GetEnvironmentVariable("{piece.name}")'
        return f'"{piece.text}"'

    return " + ".join(one(piece) for piece in pieces(value)) or '""'


def _raw(json: str) -> str:
    return '"""' + json + '"""'


def write(call: Call) -> str:
    """A program in one file."""
    imports = ["using System.Text;", ""] if call.json is not None else []
    lines = [f'var request = new HttpRequestMessage(HttpMethod.{_METHODS[call.method]}, "{call.address}");']
    lines += [f'request.Headers.TryAddWithoutValidation("{name}", {_text(value)});' for name, value in call.headers]
    if call.form:
        fields = [f'    ["{name}"] = {_text(value)},' for name, value in call.form]
        kind = "Dictionary<string, string>"
        lines += [f"request.Content = new FormUrlEncodedContent(new {kind}", "{", *fields, "});"]
    if call.json is not None:
        content = f'new StringContent({_raw(call.json)}, Encoding.UTF8, "application/json")'
        lines.append(f"request.Content = {content};")
    end = [
        "",
        "using var client = new HttpClient();",
        "var reply = await client.SendAsync(request);",
        "Console.WriteLine(await reply.Content.ReadAsStringAsync());",
        "reply.EnsureSuccessStatusCode();",
    ]
    return "\n".join([*imports, *lines, *end]) + "\n"
