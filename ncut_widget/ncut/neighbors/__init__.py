"""The graph of nearest neighbours, in feature space and on the grid."""
