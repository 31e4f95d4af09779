"""Consents are for a customer and an API; a family of refresh tokens remembers which scopes were granted to it.

A consent of before is kept where it is certain for which customer and API it was given (docs/adr/0013-consent.md); where
it is not, it ends, and the refresh tokens with it that it may have opened for another customer."""

import json
import time

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPENID = {"openid", "profile", "email"}
LONGEST_TOKEN = 86_400
# Certain is the one living customer of a person who was its member by then. Employees may have given it for any customer, so
# theirs are not kept. Applications of the sandbox name the simulated customer alone, whose id is "sandbox".
CERTAIN = """
SELECT c.user_id, c.client_id, c.scope, c.granted_at,
  CASE WHEN a.environment = 'sandbox' THEN 'sandbox' ELSE MIN(m.customer_id) END
FROM consents c
JOIN users u ON u.id = c.user_id
JOIN clients a ON a.id = c.client_id
LEFT JOIN (
  SELECT m.user_id, m.customer_id, m.created_at FROM memberships m
  JOIN customers o ON o.id = m.customer_id WHERE o.disabled_at IS NULL
) m ON m.user_id = c.user_id
WHERE a.consent <> 'implied' AND u.flags NOT LIKE '%"employee"%'
GROUP BY c.user_id, c.client_id, c.scope, c.granted_at, a.environment
HAVING a.environment = 'sandbox' OR (COUNT(m.customer_id) = 1 AND MIN(m.created_at) <= c.granted_at)
"""
UNCERTAIN = """
revoked_at IS NULL AND subject_kind = 'user' AND EXISTS (
  SELECT 1 FROM consents c JOIN clients a ON a.id = c.client_id
  WHERE c.user_id = grants.subject_id AND c.client_id = grants.client_id AND a.consent <> 'implied'
) AND NOT EXISTS (
  SELECT 1 FROM consented_scopes s
  WHERE s.user_id = grants.subject_id AND s.client_id = grants.client_id AND s.customer_id = grants.customer_id
)
"""


def _owners(connection: sa.Connection) -> dict[str, str]:
    """The API of each scope name that one alone has."""
    found: dict[str, list[str]] = {}
    for api_id, scopes in connection.execute(sa.text("SELECT id, scopes FROM apis")):
        for name in {scope["name"] for scope in json.loads(scopes)}:
            found.setdefault(name, []).append(api_id)
    return {name: apis[0] for name, apis in found.items() if len(apis) == 1}


def _pairs(words: list[str], owners: dict[str, str]) -> set[tuple[str, str]]:
    """(API, scope). `offline_access` belongs to the API beside which it was given."""
    pairs = {("", "openid"), *(("", word) for word in words if word in OPENID)}
    names = [word for word in words if word not in OPENID and word != "offline_access"]
    pairs |= {(owners[name], name) for name in names if name in owners}
    if "offline_access" in words and all(name in owners for name in names):
        pairs |= {(api_id, "offline_access") for api_id in {owners[name] for name in names} or {""}}
    return pairs


def _keep_certain(connection: sa.Connection, table: sa.Table) -> None:
    owners = _owners(connection)
    known = {row[0] for row in connection.execute(sa.text("SELECT id FROM customers"))}
    for user_id, client_id, scope, granted_at, customer_id in connection.execute(sa.text(CERTAIN)).all():
        if customer_id in known:
            who = {"user_id": user_id, "client_id": client_id, "customer_id": customer_id, "granted_at": granted_at}
            rows = [{**who, "api_id": api, "scope": name} for api, name in sorted(_pairs(json.loads(scope), owners))]
            connection.execute(table.insert(), rows)


def _end_uncertain(connection: sa.Connection) -> None:
    now = int(time.time())
    unknown = f"SELECT id FROM grants WHERE {UNCERTAIN}"  # noqa: S608  a constant
    connection.execute(
        sa.text(
            "INSERT INTO revocations (id, revoked_at, expires_at) SELECT id, :now, :end FROM grants "  # noqa: S608
            f"WHERE id IN ({unknown}) AND id NOT IN (SELECT id FROM revocations)"
        ),
        {"now": now, "end": now + LONGEST_TOKEN},
    )
    connection.execute(
        sa.text(f"UPDATE grants SET revoked_at = :now, revoked_because = :because WHERE {UNCERTAIN}"),  # noqa: S608
        {"now": now, "because": "consent is asked for each customer"},
    )


def upgrade() -> None:
    table = op.create_table(
        "consented_scopes",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_consented_scopes_client_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_consented_scopes_customer_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_consented_scopes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "client_id", "customer_id", "api_id", "scope", name=op.f("pk_consented_scopes")),
    )  # fmt: skip
    op.create_index("ix_consented_scopes_client", "consented_scopes", ["client_id"])
    op.add_column("grants", sa.Column("granted", sa.Text(), nullable=True))
    _keep_certain(op.get_bind(), table)
    _end_uncertain(op.get_bind())
