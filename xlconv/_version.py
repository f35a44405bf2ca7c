"""The version, which is also the top entry of CHANGELOG.md."""

__version__ = "0.4.0"
