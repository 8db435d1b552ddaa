"""The state of a segmenter, its history and its files. No Jupyter here.

`session` has one lock, so that no thread sees it half-changed; `history` undoes, `file`
and `content` write and read a session, `keeper` and `autosave` keep it on disk,
`origin` describes how eigenvectors were made. A `Masker` makes the masks. Sessions know
nothing of the page.
"""
