"""Suites of tests that every implementation of a contract runs.

A suite is a base class. For an implementation a test file has a subclass of it, which
says how the implementation is made.
"""
