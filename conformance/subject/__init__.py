"""The worker under judgement: how it is started, watched and stopped."""
