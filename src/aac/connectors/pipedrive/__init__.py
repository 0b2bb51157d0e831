"""Connector `pipedrive`."""
