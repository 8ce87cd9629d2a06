"""Clients of the engine on the official SDKs, one for each language, driven by commands.

Each reads one JSON object a line from its standard input and answers with one on its standard
output, ``{"result": …}`` or ``{"error": {"code": …, "message": …}}``:

    call      function_id, payload, queue or void   call a function, wait, enqueue, or do not wait
    function  name, reply                           register a function that keeps what it is given;
                                                    it fails when its reply has `fail`
    url       name, url                             register a function that is a URL
    trigger   kind, function_id, config             register a trigger
    kind      name                                  register a trigger type that keeps its triggers
    next      name                                  wait for what a function or a type was given
    channel   text                                  send a text through a channel and read it
    log       message                               log with the SDK's logger

They end at the end of their input.
"""
