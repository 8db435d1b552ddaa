"""What a segmenter holds, its history and its files. No Jupyter here.

`session` has one lock and is never seen half-changed; `history` undoes, `file` and
`content` write and read a session, `keeper` and `autosave` keep it on disk, `origin`
tells how eigenvectors came about. It asks a `Masker` for masks, and knows no page.
"""
