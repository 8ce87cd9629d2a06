"""The rules that workers keep: the catalogue, findings, known failures and protocol versions."""
