"""RIB: what is shown. One module a report; none of them touches the disk."""
