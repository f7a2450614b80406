"""The policy of the operator: which messages are delivered, and for what payment."""
