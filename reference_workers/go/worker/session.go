package worker

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

const (
	openingTime  = 10 * time.Second
	pingEvery    = 20 * time.Second
	longestQuiet = 40 * time.Second // after a ping
	largest      = 64 << 20         // bytes of a message
	fragment     = 1 << 20          // bytes of a frame: the engine takes 16 MiB in one
)

// session is one open connection. An answer goes to the session of its invocation: the engine
// has given up the calls of an older connection.
type session struct {
	socket *websocket.Conn
}

func dial(ctx context.Context, settings Settings) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, openingTime)
	defer cancel()
	options := &websocket.DialOptions{HTTPHeader: http.Header{}}
	if settings.Token != "" {
		options.HTTPHeader.Set("Authorization", "Bearer "+settings.Token)
	}
	socket, _, err := websocket.Dial(ctx, settings.URL, options)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(largest)
	return &session{socket}, nil
}

// send writes one message, in fragments when it is large.
func (s *session) send(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if len(text) > largest {
		return Failure{Code: "payload_too_large", Message: "the engine takes messages up to 64 MiB"}
	}
	writer, err := s.socket.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		return err
	}
	for len(text) > fragment {
		if _, err := writer.Write(text[:fragment]); err != nil {
			return err
		}
		text = text[fragment:]
	}
	if _, err := writer.Write(text); err != nil {
		return err
	}
	return writer.Close()
}

// receive passes on every message until the connection ends. Anything else is ignored.
func (s *session) receive(received func(incoming)) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go s.keepAlive(ctx)
	for {
		_, text, err := s.socket.Read(ctx)
		if err != nil {
			return err
		}
		var message incoming
		if json.Unmarshal(text, &message) == nil {
			received(message)
		}
	}
}

// keepAlive cuts a connection whose peer no longer answers pings.
func (s *session) keepAlive(ctx context.Context) {
	ticks := time.NewTicker(pingEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		pong, cancel := context.WithTimeout(ctx, longestQuiet)
		err := s.socket.Ping(pong)
		cancel()
		if err != nil {
			_ = s.socket.CloseNow()
			return
		}
	}
}

func (s *session) close() { _ = s.socket.Close(websocket.StatusNormalClosure, "") }
