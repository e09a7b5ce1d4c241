"""Where platforms meet the bot: each adapter turns a platform's payloads into events, and cards into payloads."""
