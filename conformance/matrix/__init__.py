"""Many workers side by side: which ones, how they are built and judged, and the results."""
