"""Whetstone's core: what a study group does, on whatever platform it meets."""

VERSION = "0.1.0"
