"""How a flow ends other than by success."""


class Skipped(Exception):
    """This machine cannot show it; the message says why."""
