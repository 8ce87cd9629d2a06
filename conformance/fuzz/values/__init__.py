"""Values that a schema allows, and values that programs stumble over."""
