"""The watch over deliveries: what a destination delivered is asked of its origin, and a forged
delivery stops the route and convicts its signers.

Following reads deliveries at the tip, judging compares them with what origins sent, stopping sends
the configured stops, and convicting reads the signatures out of the delivery's own calldata.
"""
