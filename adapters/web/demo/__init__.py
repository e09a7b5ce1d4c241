"""The demonstration: a study group of simulated members, and a clock that the visitor can turn."""
