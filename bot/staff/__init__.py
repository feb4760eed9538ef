"""The staff pages: accounts, sessions, conversations, tickets."""
