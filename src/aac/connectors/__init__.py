"""RIB: where data comes from. One module a connector; none of them knows the engine."""
