"""RIB: what a team may write. One module a kind; a kind imports no other kind."""
