"""The watch over redundancy: how many live signers the watched modules have to spare.

- `signers.py`: who of an origin's validators signs, by a fresh count of its leaves
- `watching.py`: the modules of one destination, looked at over and over
- `duty.py`: all destinations, and the page that shows what was found
"""
