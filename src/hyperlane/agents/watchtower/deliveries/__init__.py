"""Watch over deliveries: each is compared with what its origin sent. If one is forged, its route is
stopped and its signers are convicted.

`following` reads deliveries at the tip, `judging` compares them with what origins sent, `stopping`
sends the configured stops, and `convicting` reads the signatures in the calldata of a forged
delivery.
"""
