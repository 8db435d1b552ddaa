"""The graph that joins all rows: solved by landmarks, or exactly.

Rows of features in, eigenpairs out. It knows neither images nor a grid, nor the graph
of neighbours.
"""
