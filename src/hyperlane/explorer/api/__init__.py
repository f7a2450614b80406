"""The JSON API, version 1: read-only, under `/api/v1`."""
