"""What the browser asks for and gets: messages, pictures, traits.

`protocol` describes the messages, `requests` has a file for each kind, `traits` what is
kept in step, `callbacks` who hears of changes. It asks the session, and knows nothing
of how masks are made.
"""
