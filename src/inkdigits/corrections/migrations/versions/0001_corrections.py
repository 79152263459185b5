"""Corrections, and the key by which whoever made one may take it back."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "corrections",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("label", sa.String(100)),
        sa.Column("predicted", sa.String(100)),
        sa.Column("confidence", sa.Float),
        sa.Column("model", sa.String(100)),
        sa.Column("version", sa.String(100)),
        sa.Column("writer", sa.String(100)),
        sa.Column("strokes", sa.Text),
        sa.Column("image", sa.LargeBinary),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("corrections_by_time", "corrections", ["time", "id"])
    keys = op.create_table(
        "keys",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.bulk_insert(keys, [{"name": "token", "value": secrets.token_bytes(32)}])
