"""From connector messages to prepared tables: `pull` keeps them in the store, `landed` reads them for a check."""
