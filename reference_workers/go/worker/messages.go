package worker

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
)

// Failure is how a function fails, with a code that its caller can act on.
type Failure struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Stacktrace string `json:"stacktrace,omitempty"`
}

func (f Failure) Error() string { return f.Code + ": " + f.Message }

// Trace is the trace context that an invocation passes on to the calls it makes.
type Trace struct {
	Traceparent string `json:"traceparent,omitempty"`
	Baggage     string `json:"baggage,omitempty"`
}

// Binding is a trigger that the engine sends to the provider of its type.
type Binding struct {
	ID, TriggerType, FunctionID string
	Config                      json.RawMessage
}

// Invocation is the input of a handler. Data and Metadata are passed as raw JSON, so that no
// number loses digits.
type Invocation struct {
	FunctionID string          `json:"function_id"`
	Data       json.RawMessage `json:"data"`
	Metadata   json.RawMessage `json:"metadata"`
	Trace
}

type incoming struct {
	Type string `json:"type"`
	Invocation
	InvocationID  string          `json:"invocation_id"`
	Result        json.RawMessage `json:"result"`
	Error         json.RawMessage `json:"error"`
	WorkerID      string          `json:"worker_id"`
	ReattachToken string          `json:"reattach_token"`
	Code          string          `json:"code"`
	Message       string          `json:"message"`
	ID            string          `json:"id"`
	TriggerType   string          `json:"trigger_type"`
	Config        json.RawMessage `json:"config"`
}

type outgoing map[string]any

// with adds the texts that are not empty.
func (o outgoing) with(texts map[string]string) outgoing {
	for name, text := range texts {
		if text != "" {
			o[name] = text
		}
	}
	return o
}

func (t Trace) texts() map[string]string {
	return map[string]string{"traceparent": t.Traceparent, "baggage": t.Baggage}
}

// isAbsent reports whether an optional field was left out or null.
func isAbsent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// failureOf reads the error of a result; engines have sent objects and bare texts.
func failureOf(raw json.RawMessage) Failure {
	failure := Failure{Code: "invocation_failed"}
	if json.Unmarshal(raw, &failure) != nil {
		failure.Message = string(raw)
	}
	return failure
}

func freshID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
