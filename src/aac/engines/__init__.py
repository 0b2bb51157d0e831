"""RIB: where queries run. One module an engine; its foreign exceptions stop there."""
