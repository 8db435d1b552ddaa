"""Files and folders, written whole or not at all.

`whole` writes what users keep, and leaves their own files in place; `quick` writes
caches, which can be made again. Neither knows the content of the files.
"""
