"""The demonstration: a study group of simulated members, and a clock that the visitor can turn."""

MARK = "demo.json"  # in a data folder: it holds a demonstration, and this is where its story stands
