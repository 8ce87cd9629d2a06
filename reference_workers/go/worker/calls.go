package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Request is a call of another function. Its Trace is that of the invocation that makes it.
type Request struct {
	FunctionID string
	Data       any
	Metadata   json.RawMessage
	Action     json.RawMessage
	Namespace  string
	Timeout    time.Duration
	Trace
}

type answer struct {
	result  json.RawMessage
	failure error
}

// calls are the pending calls, by invocation id.
type calls struct {
	mutex   sync.Mutex
	waiting map[string]chan answer
}

func (c *calls) begin(id string) chan answer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.waiting == nil {
		c.waiting = map[string]chan answer{}
	}
	c.waiting[id] = make(chan answer, 1)
	return c.waiting[id]
}

// end removes a call and returns its waiter, or nil: nobody waits for a late answer.
func (c *calls) end(id string) chan answer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	waiting := c.waiting[id]
	delete(c.waiting, id)
	return waiting
}

func (c *calls) answered(message incoming) {
	waiting := c.end(message.InvocationID)
	if waiting == nil {
		return
	}
	if isAbsent(message.Error) {
		waiting <- answer{result: message.Result}
	} else {
		waiting <- answer{failure: failureOf(message.Error)}
	}
}

// Call calls a function and waits for its result. It fails with a Failure: that of the
// function, or TIMEOUT.
func (w *Worker) Call(ctx context.Context, request Request) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, request.Timeout)
	defer cancel()
	id := freshID()
	waiting := w.calls.begin(id)
	defer w.calls.end(id)
	message := w.invocation(request)
	message["invocation_id"] = id
	if !isAbsent(request.Action) {
		message["action"] = request.Action
	}
	if err := w.sendWhenConnected(ctx, message); err != nil && ctx.Err() == nil {
		return nil, err
	}
	select {
	case came := <-waiting:
		return came.result, came.failure
	case <-ctx.Done():
		told := fmt.Sprintf("no answer within %v", request.Timeout)
		return nil, Failure{Code: "TIMEOUT", Message: told}
	}
}

// Cast calls a function without waiting.
func (w *Worker) Cast(ctx context.Context, request Request) error {
	message := w.invocation(request)
	message["action"] = map[string]string{"type": "void"}
	return w.sendWhenConnected(ctx, message)
}

func (w *Worker) invocation(request Request) outgoing {
	message := outgoing{
		"type": "invokefunction", "function_id": request.FunctionID, "data": request.Data,
	}
	if !isAbsent(request.Metadata) {
		message["metadata"] = request.Metadata
	}
	message.with(request.Trace.texts())
	own := w.settings.Namespace
	if strings.HasPrefix(request.FunctionID, "engine::") {
		own = "" // the engine's own functions are in its default namespace
	}
	return message.with(map[string]string{"namespace": first(request.Namespace, own)})
}
