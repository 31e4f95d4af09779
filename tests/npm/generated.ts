// Calls by the types of openapi-typescript (with openapi-fetch) and by the functions of @hey-api/openapi-ts; compiled by tsc --strict.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { createClient as createHeyClient } from "./hey/client";
import { listUnits, readMe, readUnit, updateUser } from "./hey";
import type { Unit as HeyUnit } from "./hey";

type Unit = components["schemas"]["Unit"];
const [baseUrl, token, userId] = process.argv.slice(2) as [string, string, string];
const headers = { authorization: `Bearer ${token}` };

async function typed() {
  const api = createClient<paths>({ baseUrl, headers });
  const units: Unit[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/api/v1/units", { params: { query: { limit: 4, cursor } } });
    if (!data) throw new Error(JSON.stringify(error));
    units.push(...data.items);
    cursor = data.next_cursor ?? undefined;
  } while (cursor);
  const read: string[] = [];
  for (const unit of units) {
    const { data } = await api.GET("/api/v1/units/{unit_id}", { params: { path: { unit_id: unit.unitId } } });
    if (!data) throw new Error(unit.unitId);
    read.push(data.unitId);
  }
  const floors: string[] = units.flatMap((unit) => unit.floors.map((floor) => floor.id));
  const changed = await api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: userId } }, body: { name: "Typed" } });
  const stranger = await createClient<paths>({ baseUrl }).GET("/api/v1/me");
  return { units: units.map((unit) => unit.unitId), read, floors, name: changed.data?.name, refused: (stranger.error as components["schemas"]["Refusal"]).status };
}

async function hey() {
  const client = createHeyClient({ baseUrl, auth: (way) => (way.scheme === "bearer" ? token : undefined) });
  const units: HeyUnit[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await listUnits({ client, query: { limit: 4, cursor } });
    if (!data) throw new Error(JSON.stringify(error));
    units.push(...data.items);
    cursor = data.next_cursor ?? undefined;
  } while (cursor);
  const read: string[] = [];
  for (const unit of units) {
    const { data } = await readUnit({ client, path: { unit_id: unit.unitId }, throwOnError: true });
    read.push(data.unitId);
  }
  const floors: string[] = units.flatMap((unit) => unit.floors.map((floor) => floor.id));
  const changed = await updateUser({ client, path: { user_id: userId }, body: { name: "Hey" }, throwOnError: true });
  const stranger = await readMe({ client: createHeyClient({ baseUrl }) });
  const refusal = stranger.error as { status?: number };
  return { units: units.map((unit) => unit.unitId), read, floors, name: changed.data.name, refused: refusal.status };
}

Promise.all([typed(), hey()]).then(
  ([one, other]) => process.stdout.write(JSON.stringify({ typed: one, hey: other })),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
