"""What Alembic runs to reach the database: on the connection that it is given."""

from alembic import context

from inkdigits.corrections.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()
