"""From a conversation that happened to a scenario.

decoder      what the bytes of a connection mean, read beside the pipe that carries them
proxy        the pipe between a worker and an engine
transcripts  stored conversations, read
offwire      what they tell beside the wire
lives        where one process of the worker took the place of another
plain        what YAML can tell, and what must be kept letter by letter
generalise   ids, times and tokens as names and patterns
texts        texts in which another run says some things differently
compose      events as the steps of a scenario
writing      steps as YAML
"""
