"""The one error type for what the person at the keyboard can mend."""


class UserError(Exception):
    """A one-line message: what is wrong, where, and how to mend it. Stages print it and exit with 1."""
