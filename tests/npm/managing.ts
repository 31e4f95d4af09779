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
  const product = await api.POST("/manage/v1/products", {
    body: { id: "typed", name: "Typed", description: "Made by a client.", apis: ["customer-api"], key_use: "optional" },
  });
  if (!product.data) throw new Error(JSON.stringify(product.error));
  const subscribed = await api.POST("/manage/v1/subscriptions", {
    params: { header: { "Idempotency-Key": "typed-subscription" } },
    body: { customer_id: body.id, product_id: product.data.product.id, name: "Typed" },
  });
  if (!subscribed.data) throw new Error(JSON.stringify(subscribed.error));
  const account = await api.POST("/manage/v1/accounts", { body: { username: "svc-typed", customer_id: body.id } });
  if (!account.data) throw new Error(JSON.stringify(account.error));
  const daemon = await api.POST("/manage/v1/applications", {
    body: {
      name: "Typed daemon",
      type: "daemon",
      customer_id: body.id,
      service_account_id: account.data.account.id,
      scopes: ["units.read"],
    },
  });
  if (!daemon.data) throw new Error(JSON.stringify(daemon.error));
  const form = { grant_type: "client_credentials", client_id: daemon.data.application.id };
  const secret = daemon.data.client_secret ?? "";
  const asked = await fetch(`${baseUrl}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({ ...form, client_secret: secret }),
  });
  const own = ((await asked.json()) as { access_token: string }).access_token;
  const headers = { authorization: `Bearer ${own}`, "Ocp-Apim-Subscription-Key": subscribed.data.keys?.primary ?? "" };
  let call = await fetch(`${baseUrl}/api/v1/units`, { headers });
  // Every process knows a new product within two seconds.
  for (const deadline = Date.now() + 30_000; call.status === 401 && Date.now() < deadline; )
    call = await fetch(`${baseUrl}/api/v1/units`, { headers });
  return {
    call: call.status,
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
