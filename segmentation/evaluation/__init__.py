"""How good a clustering is: indices of labelled points, and agreement of two labellings. Plain NumPy."""
