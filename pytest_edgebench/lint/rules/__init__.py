"""The rules of the linter: one file a subject, each with its `RULES`; `known` finds them."""
