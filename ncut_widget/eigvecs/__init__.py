"""Where the eigenvectors of a batch are, and what is taken of them once.

`store` is the contract that every place of eigenvectors keeps, `memory` the one in
memory; `moments` has what statistics follow from, `quantised` what previews are
computed of, `colors` what eigenvectors look like. It knows neither prompts nor methods.
"""
