"""Fitted models: made, kept, found again, put to use.

`fitted` loads without Spark; `fitting` and `assignment` need Spark; `registry` the tables; `tracking` MLflow.
"""
