"""RIB: what can be typed. One module a command: options, one call of operations, print, exit code."""
