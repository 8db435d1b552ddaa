"""The graph of all cells with all: solved by Nystroem or exactly."""
