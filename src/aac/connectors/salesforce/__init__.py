"""Connector `salesforce`."""
