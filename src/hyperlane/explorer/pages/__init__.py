"""The explorer's pages: HTML from the queries' records, for people; the API is for programs.

Pages work without a script; with one they follow the network. Nothing that strangers wrote is ever
markup, a link to elsewhere, or fetched.
"""
