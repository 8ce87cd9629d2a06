// Package worker is a complete iii worker on a plain WebSocket: it registers, answers, calls,
// reconnects after a loss, and finishes what is in flight before it stops.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	firstDelay   = time.Second // doubled up to longestDelay, give or take 30 %: as the SDKs do
	longestDelay = 30 * time.Second
	drainingTime = 8 * time.Second
)

// Handler answers an invocation. An error that is a Failure keeps its code. The context ends
// when the worker has waited long enough for it while shutting down.
type Handler func(context.Context, Invocation) (any, error)

type provider struct {
	bind   func(Binding) error
	unbind func(Binding)
}

// Worker offers functions, triggers and trigger types, and serves them. Offer everything before
// Serve.
type Worker struct {
	settings  Settings
	types     []outgoing
	functions []outgoing
	triggers  []outgoing
	handlers  map[string]Handler
	providers map[string]provider
	calls     calls

	handling sync.WaitGroup
	giveUp   context.CancelCauseFunc
	greeting incoming

	mutex     sync.Mutex
	session   *session
	connected chan struct{} // closed while there is a session
	draining  bool
}

// New makes a worker that offers nothing yet.
func New(settings Settings) *Worker {
	return &Worker{
		settings:  settings,
		handlers:  map[string]Handler{},
		providers: map[string]provider{},
		connected: make(chan struct{}),
	}
}

// Function offers a function; format is the JSON Schema of its data, or nil for any.
func (w *Worker) Function(id, description string, format json.RawMessage, handler Handler) {
	message := outgoing{"type": "registerfunction", "id": id, "description": description}
	if format != nil {
		message["request_format"] = format
	}
	w.functions = append(w.functions, message)
	w.handlers[id] = handler
}

// Trigger binds a function to a trigger type; its id stays the same over reconnects.
func (w *Worker) Trigger(triggerType, functionID string, config any) {
	message := outgoing{
		"type": "registertrigger", "id": freshID(), "trigger_type": triggerType,
		"function_id": functionID, "config": config,
	}
	w.triggers = append(w.triggers, message.with(map[string]string{
		"namespace": w.settings.Namespace,
	}))
}

// TriggerType provides a trigger type: bind accepts or refuses a trigger, unbind removes it.
func (w *Worker) TriggerType(id, description string, bind func(Binding) error, unbind func(Binding)) {
	message := outgoing{"type": "registertriggertype", "id": id, "description": description}
	w.types = append(w.types, message)
	w.providers[id] = provider{bind, unbind}
}

// Serve stays connected until ctx ends, then finishes what is in flight. It fails when the
// engine refuses this worker for good.
func (w *Worker) Serve(ctx context.Context) error {
	serving, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	w.giveUp = giveUp
	handlers, stopHandlers := context.WithCancel(context.Background())
	defer stopHandlers()
	go func() {
		<-serving.Done()
		w.shutDown()
		stopHandlers()
	}()
	delay := firstDelay
	for serving.Err() == nil {
		settled, err := w.once(serving, handlers)
		if serving.Err() != nil {
			break
		}
		if settled {
			delay = firstDelay
		}
		pause := time.Duration((0.7 + 0.6*rand.Float64()) * float64(delay))
		log.Printf("no connection to %s: %v; next try in %v", w.settings.URL, err, pause)
		select {
		case <-serving.Done():
		case <-time.After(pause):
		}
		delay = min(2*delay, longestDelay)
	}
	<-handlers.Done()
	if refused := context.Cause(serving); !errors.Is(refused, context.Canceled) {
		return refused
	}
	return nil
}

// shutDown accepts no new work, waits for running handlers up to a limit, and closes the
// connection.
func (w *Worker) shutDown() {
	w.mutex.Lock()
	w.draining = true
	current := w.session
	w.mutex.Unlock()
	finished := make(chan struct{})
	go func() { w.handling.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-time.After(drainingTime):
	}
	if current != nil {
		current.close()
	}
}

// once serves one connection and reports whether the engine greeted it.
func (w *Worker) once(ctx, handlers context.Context) (settled bool, err error) {
	current, err := dial(ctx, w.settings)
	if err != nil {
		return false, err
	}
	defer current.socket.CloseNow()
	for _, message := range w.opening() {
		if err := current.send(message); err != nil {
			return false, err
		}
	}
	if !w.enter(current) {
		current.close()
		return false, nil
	}
	defer w.leave()
	log.Printf("connected to %s", w.settings.URL)
	err = current.receive(func(message incoming) {
		if message.Type == "workerregistered" {
			w.greeting, settled = message, true
		}
		w.received(handlers, current, message)
	})
	return settled, err
}

// opening returns the first messages on every connection: the reattachment, all registrations, and
// the announcement, which comes last.
func (w *Worker) opening() []outgoing {
	var messages []outgoing
	if w.greeting.WorkerID != "" {
		reattach := outgoing{"type": "reattach", "previous_worker_id": w.greeting.WorkerID}
		messages = append(messages, reattach.with(map[string]string{
			"reattach_token": w.greeting.ReattachToken,
		}))
	}
	messages = append(messages, w.types...)
	messages = append(messages, w.functions...)
	messages = append(messages, w.triggers...)
	return append(messages, outgoing{
		"type": "invokefunction", "function_id": "engine::workers::register",
		"data": w.settings.announcement(), "action": map[string]string{"type": "void"},
	})
}

func (w *Worker) enter(current *session) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.draining {
		return false
	}
	w.session = current
	close(w.connected)
	return true
}

func (w *Worker) leave() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.session = nil
	w.connected = make(chan struct{})
}

// sendWhenConnected sends a message now, or on the next connection unless ctx ends before.
func (w *Worker) sendWhenConnected(ctx context.Context, message outgoing) error {
	w.mutex.Lock()
	connected := w.connected
	w.mutex.Unlock()
	select {
	case <-connected:
	case <-ctx.Done():
		return ctx.Err()
	}
	w.mutex.Lock()
	current := w.session
	w.mutex.Unlock()
	if current == nil {
		return w.sendWhenConnected(ctx, message)
	}
	return current.send(message)
}
