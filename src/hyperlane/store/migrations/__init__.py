"""Changes of the databases' tables, by Alembic and forward only: a file for each revision."""
