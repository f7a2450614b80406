"""The core of a chain: Mailbox, default hook and module, ValidatorAnnounce."""
