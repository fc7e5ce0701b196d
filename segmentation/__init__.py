"""Customer segmentation for telecom operators on Spark."""

__version__ = "0.1.0"
