"""Locations that break one part or another of what reads them."""

UNREADABLE = {
    "a region that is no label": "s3://bucket/" + "a" * 64,
    "a region of two labels": "s3://bucket/a..b",
    "a region like a label of IDNA": "s3://bucket/xn--a",
    "a folder without end": "s3://bucket/eu-west-1/" + "x/" * 900,
    "a path that no system has": "file:///%00",
    "half an IPv6 address": "file://[",
    "a path too long": "file:///" + "y" * 5000,
    "no path": "file://",
    "a device": "file:///dev",
    "a file": "file:///etc/passwd",
    "a port that is none": "https://x:99999999/",
    "nothing": "",
    "text that steers terminals": "s3://\x1b[2J\r\n/eu-west-1",
    "a whole page": "z" * 20_000,
}
