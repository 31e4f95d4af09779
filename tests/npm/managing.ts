// Calls of the management API by the types of openapi-typescript (with openapi-fetch); compiled by tsc --strict.
import createClient from "openapi-fetch";
import type { components, paths } from "./managed";

type Customer = components["schemas"]["Customer"];
const [baseUrl, token] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

async function main() {
  const body = { id: "c-typed", name: "Typed" };
  const made = await api.POST("/manage/v1/customers", { params: { header: { "Idempotency-Key": "typed" } }, body });
  if (!made.data) throw new Error(JSON.stringify(made.error));
  const path = { id: made.data.id };
  const etag = made.response.headers.get("etag") ?? "";
  const changed = await api.PATCH("/manage/v1/customers/{id}", {
    params: { path, header: { "If-Match": etag } },
    body: { second_factor: "all" },
  });
  const stale = await api.DELETE("/manage/v1/customers/{id}", { params: { path, header: { "If-Match": etag } } });
  const customers: Customer[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/manage/v1/customers", { params: { query: { limit: 1, cursor } } });
    if (!data) throw new Error(JSON.stringify(error));
    customers.push(...data.items);
    cursor = data.next_cursor ?? undefined;
  } while (cursor);
  return {
    ids: customers.map((one) => one.id),
    demand: changed.data?.second_factor,
    stale: (stale.error as components["schemas"]["Refusal"]).status,
  };
}

main().then(
  (found) => process.stdout.write(JSON.stringify(found)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
