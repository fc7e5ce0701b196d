"""From prepared points to clusters: fit with Spark's engines, decide on the driver, predict in NumPy.

Every method: `fit(nodes, ...) -> Fit` (a model and a report), `model.predict(points) -> Prediction`.
"""
