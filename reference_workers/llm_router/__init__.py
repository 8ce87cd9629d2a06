"""``python -m reference_workers.llm_router``: the model that suits a request."""
