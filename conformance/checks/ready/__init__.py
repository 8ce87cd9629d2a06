"""Ready: alive, connected, and answering the keepalive of WebSockets."""
