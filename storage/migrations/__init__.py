"""How the tables came to be: one revision a change, run by Alembic on the connection and in the transaction that the store hands over."""
