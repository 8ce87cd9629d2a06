// The well-known functions of the conformance suite, in Go on a plain WebSocket.
//
// The first argument, if there is one, is the engine's address; then comes III_URL, then
// ws://127.0.0.1:49134. Exit codes: 0 after SIGTERM or SIGINT, 1 when the engine refuses the
// worker, 2 when the address is invalid.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"

	"iii-reference-worker/worker"
)

func main() {
	log.SetFlags(0)
	// The reader of the log may end before the worker; writing to it must not kill the worker.
	signal.Ignore(syscall.SIGPIPE)
	settings, err := worker.FromEnvironment(os.Args[1:])
	if err != nil {
		log.Print(err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	w := worker.New(settings)
	offer(w)
	if err := w.Serve(ctx); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

func offer(w *worker.Worker) {
	w.TriggerType("conformance-go-tick", "Never happens; shows how a type is provided.",
		func(binding worker.Binding) error {
			var config struct{ Reject bool }
			if json.Unmarshal(binding.Config, &config) == nil && config.Reject {
				return errors.New("this trigger asks to be rejected")
			}
			return nil
		},
		func(worker.Binding) {})

	w.Function("conformance::echo", "Return the data as it came.", nil, echo)
	w.Function("conformance::fail", "Fail with the code and message in the data.", nil, fail)
	w.Function("conformance::crash", "Fail as a programming mistake does.", nil, crash)
	w.Function("conformance::sleep", "Answer after ms milliseconds.",
		object("ms", `{"type": "integer", "minimum": 0, "maximum": 60000}`), sleep)
	w.Function("conformance::metadata", "Return what came beside the data.", nil, metadata)
	w.Function("conformance::unserialisable", "Return what JSON cannot express.", nil, nan)
	w.Function("conformance::call", "Call another function.",
		object("function_id", `{"type": "string"}`), caller(w))

	w.Function("conformance::write", "Write parts to a channel and close it.",
		object("channel", `{"type": "object"}`), writer(w))
	w.Function("conformance::read", "Read a channel to its end.",
		object("channel", `{"type": "object"}`), reader(w))

	w.Function("conformance::http_echo", "Answer an HTTP request with its own body.", nil, httpEcho)
	w.Trigger("http", "conformance::http_echo",
		map[string]any{"api_path": "/conformance/go/echo", "http_method": "POST"})
}

// object is the JSON Schema of an object with one required property.
func object(name, schema string) json.RawMessage {
	text := `{"type": "object", "properties": {%q: %s}, "required": [%q]}`
	return json.RawMessage(fmt.Sprintf(text, name, schema, name))
}

func echo(_ context.Context, call worker.Invocation) (any, error) {
	return call.Data, nil
}

func fail(_ context.Context, call worker.Invocation) (any, error) {
	failure := worker.Failure{Code: "invocation_failed", Message: "asked to fail"}
	if err := json.Unmarshal(call.Data, &failure); err != nil {
		return nil, worker.Failure{Code: "invalid_request", Message: err.Error()}
	}
	return nil, failure
}

func crash(context.Context, worker.Invocation) (any, error) {
	var nobody map[string]int
	nobody["here"] = 1
	return nobody, nil
}

func sleep(ctx context.Context, call worker.Invocation) (any, error) {
	var wanted struct{ Ms int }
	if err := json.Unmarshal(call.Data, &wanted); err != nil || wanted.Ms < 0 || wanted.Ms > 60_000 {
		return nil, worker.Failure{Code: "invalid_request", Message: "ms is a number from 0 to 60000"}
	}
	select {
	case <-time.After(time.Duration(wanted.Ms) * time.Millisecond):
		return map[string]int{"slept_ms": wanted.Ms}, nil
	case <-ctx.Done():
		return nil, worker.Failure{Code: "invocation_stopped", Message: "the worker shuts down"}
	}
}

func metadata(_ context.Context, call worker.Invocation) (any, error) {
	return map[string]any{"metadata": call.Metadata}, nil
}

func nan(context.Context, worker.Invocation) (any, error) {
	return map[string]any{"value": math.NaN()}, nil
}

func caller(w *worker.Worker) worker.Handler {
	return func(ctx context.Context, call worker.Invocation) (any, error) {
		var wanted struct {
			FunctionID string          `json:"function_id"`
			Data       json.RawMessage `json:"data"`
			Action     json.RawMessage `json:"action"`
			Namespace  string          `json:"namespace"`
			Metadata   json.RawMessage `json:"metadata"`
			TimeoutMs  int             `json:"timeout_ms"`
			DelayMs    int             `json:"delay_ms"`
		}
		if err := json.Unmarshal(call.Data, &wanted); err != nil {
			return nil, worker.Failure{Code: "invalid_request", Message: err.Error()}
		}
		request := worker.Request{
			FunctionID: wanted.FunctionID, Data: wanted.Data, Namespace: wanted.Namespace,
			Metadata: wanted.Metadata,
			Timeout:  30 * time.Second, Trace: call.Trace,
		}
		if wanted.TimeoutMs > 0 {
			request.Timeout = time.Duration(wanted.TimeoutMs) * time.Millisecond
		}
		time.Sleep(time.Duration(wanted.DelayMs) * time.Millisecond)
		if string(wanted.Action) == `"void"` || string(wanted.Action) == `{"type":"void"}` {
			return map[string]any{"result": nil}, w.Cast(ctx, request)
		}
		request.Action = wanted.Action
		result, err := w.Call(ctx, request)
		var failure worker.Failure
		if errors.As(err, &failure) {
			return map[string]any{"error": failure}, nil
		}
		return map[string]any{"result": result}, err
	}
}

func writer(w *worker.Worker) worker.Handler {
	return func(ctx context.Context, call worker.Invocation) (any, error) {
		var wanted struct {
			Channel json.RawMessage
			Parts   []struct {
				Base64 []byte
				Text   string
			}
		}
		if err := json.Unmarshal(call.Data, &wanted); err != nil {
			return nil, worker.Failure{Code: "invalid_request", Message: err.Error()}
		}
		parts := make([]worker.Part, 0, len(wanted.Parts))
		for _, part := range wanted.Parts {
			parts = append(parts, worker.Part{Data: part.Base64, Text: part.Text})
		}
		return map[string]int{"written": len(parts)}, w.Write(ctx, wanted.Channel, parts)
	}
}

func reader(w *worker.Worker) worker.Handler {
	return func(ctx context.Context, call worker.Invocation) (any, error) {
		var wanted struct{ Channel json.RawMessage }
		if err := json.Unmarshal(call.Data, &wanted); err != nil {
			return nil, worker.Failure{Code: "invalid_request", Message: err.Error()}
		}
		parts, err := w.Read(ctx, wanted.Channel)
		data, messages := []byte{}, []string{}
		for _, part := range parts {
			if part.Data == nil {
				messages = append(messages, part.Text)
			}
			data = append(data, part.Data...)
		}
		return map[string]any{"base64": data, "messages": messages}, err
	}
}

func httpEcho(_ context.Context, call worker.Invocation) (any, error) {
	var request struct{ Body json.RawMessage }
	if err := json.Unmarshal(call.Data, &request); err != nil {
		request.Body = call.Data
	}
	return map[string]any{
		"status_code": 200,
		"headers":     map[string]string{"content-type": "application/json"},
		"body":        map[string]any{"echo": request.Body},
	}, nil
}
