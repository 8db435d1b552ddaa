"""Files of trained weights: found, downloaded, checked, read.

`checkpoints` brings a file onto this machine, `files` reads tensors from one without
running code in it. They do not know which model the weights are for.
"""
