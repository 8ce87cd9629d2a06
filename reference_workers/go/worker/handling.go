package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
)

// received handles a message; unknown types of a newer engine are ignored.
func (w *Worker) received(handlers context.Context, current *session, message incoming) {
	switch message.Type {
	case "invokefunction":
		w.handle(handlers, current, message)
	case "invocationresult":
		w.calls.answered(message)
	case "registertrigger":
		w.bind(current, message)
	case "unregistertrigger":
		w.unbind(message)
	case "ping":
		_ = current.send(outgoing{"type": "pong"})
	case "triggerregistrationresult":
		if !isAbsent(message.Error) {
			log.Printf("the engine refuses the trigger %s on %s: %v",
				message.ID, message.FunctionID, failureOf(message.Error))
		}
	case "registrationrejected":
		w.rejected(message)
	case "error":
		log.Printf("the engine reports: %s %s", message.Code, message.Message)
	}
}

// handle runs a handler concurrently and answers once, unless nobody waits.
func (w *Worker) handle(handlers context.Context, current *session, message incoming) {
	w.mutex.Lock()
	draining := w.draining
	if !draining {
		w.handling.Add(1)
	}
	w.mutex.Unlock()
	if draining {
		stopped := Failure{Code: "invocation_stopped", Message: "the worker is shutting down"}
		answerTo(current, message, nil, stopped)
		return
	}
	go func() {
		defer w.handling.Done()
		result, err := w.run(handlers, message.Invocation)
		answerTo(current, message, result, err)
	}()
}

func (w *Worker) run(ctx context.Context, call Invocation) (result any, err error) {
	handler, found := w.handlers[call.FunctionID]
	if !found {
		told := fmt.Sprintf("Function '%s' not found", call.FunctionID)
		return nil, Failure{Code: "function_not_found", Message: told}
	}
	defer func() {
		if mistake := recover(); mistake != nil {
			stack := string(debug.Stack())
			err = Failure{Code: "invocation_failed", Message: fmt.Sprint(mistake), Stacktrace: stack}
		}
	}()
	return handler(ctx, call)
}

func answerTo(current *session, message incoming, result any, err error) {
	if message.InvocationID == "" {
		return
	}
	reply := outgoing{
		"type": "invocationresult", "invocation_id": message.InvocationID,
		"function_id": message.FunctionID,
	}.with(message.Trace.texts())
	var failure Failure
	switch {
	case errors.As(err, &failure):
		reply["error"] = failure
	case err != nil:
		reply["error"] = Failure{Code: "invocation_failed", Message: err.Error()}
	default:
		reply["result"] = result
	}
	if unsendable := current.send(reply); isUnsendable(unsendable) {
		// The caller waits: a result that cannot be sent becomes an error that says so.
		delete(reply, "result")
		told := "the result cannot be sent: " + unsendable.Error()
		reply["error"] = Failure{Code: "invocation_failed", Message: told}
		_ = current.send(reply)
	}
}

// isUnsendable distinguishes a faulty message from a lost connection.
func isUnsendable(err error) bool {
	var value *json.UnsupportedValueError
	var kind *json.UnsupportedTypeError
	var raw *json.MarshalerError
	var failure Failure
	return errors.As(err, &value) || errors.As(err, &kind) || errors.As(err, &raw) ||
		errors.As(err, &failure)
}

// bind handles triggers in the order of the engine's messages: one that is removed right after it
// was added must not remain.
func (w *Worker) bind(current *session, message incoming) {
	binding := bindingOf(message)
	reply := outgoing{
		"type": "triggerregistrationresult", "id": binding.ID,
		"trigger_type": binding.TriggerType, "function_id": binding.FunctionID,
	}
	provider, found := w.providers[binding.TriggerType]
	if !found {
		told := fmt.Sprintf("this worker has no trigger type %q", binding.TriggerType)
		reply["error"] = Failure{Code: "trigger_type_not_found", Message: told}
	} else if err := provider.bind(binding); err != nil {
		reply["error"] = Failure{Code: "trigger_registration_failed", Message: err.Error()}
	}
	_ = current.send(reply)
}

func (w *Worker) unbind(message incoming) {
	binding := bindingOf(message)
	if provider, found := w.providers[binding.TriggerType]; found {
		provider.unbind(binding)
	}
}

func bindingOf(message incoming) Binding {
	return Binding{message.ID, message.TriggerType, message.FunctionID, message.Config}
}

// rejected drops a function that has another owner, and stops when the worker itself is refused.
func (w *Worker) rejected(message incoming) {
	log.Printf("the engine refuses %s: %s %s", message.FunctionID, message.Code, message.Message)
	if message.FunctionID == "" {
		w.giveUp(Failure{Code: message.Code, Message: message.Message})
	}
}
