"""Many workers side by side: which, how they are built and judged, what comes of it."""
