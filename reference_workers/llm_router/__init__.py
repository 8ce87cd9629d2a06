"""``python -m reference_workers.llm_router``: chooses the model for a request."""
