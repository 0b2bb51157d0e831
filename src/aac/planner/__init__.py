"""Measures -> a plan: which query answers which measures, for which windows. One scan per (entity, moment)."""
