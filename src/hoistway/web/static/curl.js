// The same call for a shell. Each value stands in single quotes, in which a shell reads nothing but the end.
export const quoted = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;

/** `headers` are pairs; a value that begins with a dollar sign is left to the shell, in double quotes. */
export function curl(method, url, headers = [], body = null) {
  const lines = [method === "GET" ? `curl ${quoted(url)}` : `curl -X ${method} ${quoted(url)}`];
  for (const [name, value] of headers) lines.push(`-H ${/^(Bearer )?\$[A-Z_]+$/.test(value) ? `"${name}: ${value}"` : quoted(`${name}: ${value}`)}`);
  if (body !== null) lines.push(`--data-raw ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

/** A token request; `secrets` are names of fields and the variables of the shell that hold them. As portal/curl.py writes it. */
export function tokenRequest(url, fields, secrets) {
  const lines = [`curl -X POST ${quoted(url)}`];
  for (const [name, value] of fields) lines.push(`--data-urlencode ${quoted(`${name}=${value}`)}`);
  for (const [name, variable] of secrets) lines.push(`--data-urlencode "${name}=$${variable}"`);
  return lines.join(" \\\n  ");
}
