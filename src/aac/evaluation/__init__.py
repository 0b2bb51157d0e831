"""From counted rows to results: a room for each sort of measurement."""
