"""A chat platform of our own, in the browser: rooms, threads, private messages, forms. Needs no token."""
