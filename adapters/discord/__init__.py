"""Discord: payloads become events, cards become messages."""
