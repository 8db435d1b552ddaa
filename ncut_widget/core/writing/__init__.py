"""Files and folders, written whole or not at all.

`whole` is for what users keep, and leaves their own files where they are; `quick` is
for caches, which can be made again. Neither knows what is in the files.
"""
