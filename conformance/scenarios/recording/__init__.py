"""From a conversation that happened to a scenario.

decoder      what the bytes of a connection mean, read beside the pipe that carries them
proxy        the pipe between a worker and an engine
transcripts  stored conversations, read
offwire      what they tell beside the wire
lives        the processes of a worker: where one ended, and where the next one came
plain        what YAML can tell, and what must be kept letter by letter
generalise   ids, times and tokens as names and patterns
texts        texts in which another run says some things differently
frames       messages as parts of steps
compose      events as the steps of a scenario
writing      steps as YAML
"""
