"""Sets agents up: asks nodes about their chains, and finds what is wrong with a set-up."""
