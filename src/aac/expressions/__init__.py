"""The rule language: text to nodes, nodes to meaning. Nothing here knows an engine."""
