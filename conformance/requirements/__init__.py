"""The rules for workers: the catalogue, findings, known failures and protocol versions."""
