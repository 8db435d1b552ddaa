"""The link to the browser's page: messages, pictures, traits.

`protocol` describes the messages, `requests` has a file for each kind, `traits` has the
synced state, `callbacks` tells pages and observers of changes. All of it asks the
session, and knows nothing of how masks are made.
"""
