"""What the browser asks for and gets: messages, pictures, traits.

Knows the session by what it can be asked, and nothing of how masks are made.
"""
