"""The last sheet: what the other sheets find their way by, and what a learner does not need.

`places` says where each room's part begins, `looks` puts them together.
"""
