"""Why a run fails or warns: causes, the budget lines that each breaks, and the cases of each line.

Plain values, worked out once from the record; every report says the same because all are made from them.
"""

from pytest_edgebench.reports.causes.account import account as account
