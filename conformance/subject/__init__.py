"""The worker being judged: how it is started, watched and stopped."""
