"""The eigenvectors of a batch, and what is computed from them once.

`store` is the interface of all stores, `memory` a store in memory; `moments` computes
the numbers that statistics follow from, `quantised` the data of previews, `colors` the
colours. Nothing here knows of prompts or methods.
"""
