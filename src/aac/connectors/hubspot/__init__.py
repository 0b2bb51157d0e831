"""Connector `hubspot`: what a HubSpot account holds, and how it came to be so (docs/how-to/connect-hubspot.md)."""
