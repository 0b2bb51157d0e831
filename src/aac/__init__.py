"""Alignment as code: the agreement between revenue teams as a repository."""
