"""One thin file per step: each a spark-submit target, a wheel entry point and a command of `segmentation`."""
