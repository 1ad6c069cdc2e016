"""What tests of collection declare: a model, a recipe, and one with two variants; and a test of them."""

DECLARED = """
@eb.model
def kws():
    pass

@eb.recipe
def int8(kws):
    pass

@eb.recipe(sweep={"ratio": [0.3, 0.5]})
def pruned(kws, ratio):
    pass
"""
TEST = "\ndef test_budget(edge):\n    pass\n"
