"""From prepared points to clusters: fit with Spark's engines, decide on the driver, predict in NumPy.

Every method: `fit(points, ...)` gives a model and a report, `model.predict(points)` a `Prediction`.
"""
