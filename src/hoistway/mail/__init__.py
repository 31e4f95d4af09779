"""Mail: letters in the reader's language, kept in an outbox until a mail server has accepted them."""
