package worker

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/coder/websocket"
)

// chunk is the most data in one message, in bytes, as in the SDKs.
const chunk = 64 << 10

// Part is one item on a channel: data, or a message, which is text.
type Part struct {
	Data []byte
	Text string
}

// Write writes to the end of a channel that the reference names, and closes it.
func (w *Worker) Write(ctx context.Context, reference json.RawMessage, parts []Part) error {
	socket, err := w.openEnd(ctx, reference, "write")
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	for _, part := range parts {
		if part.Data == nil {
			err = socket.Write(ctx, websocket.MessageText, []byte(part.Text))
		}
		for rest := part.Data; err == nil && len(rest) > 0; {
			size := min(chunk, len(rest))
			err = socket.Write(ctx, websocket.MessageBinary, rest[:size])
			rest = rest[size:]
		}
		if err != nil {
			return err
		}
	}
	return socket.Close(websocket.StatusNormalClosure, "")
}

// Read reads from the end of a channel that the reference names until it is closed.
func (w *Worker) Read(ctx context.Context, reference json.RawMessage) ([]Part, error) {
	socket, err := w.openEnd(ctx, reference, "read")
	if err != nil {
		return nil, err
	}
	defer socket.CloseNow()
	var parts []Part
	for {
		kind, message, err := socket.Read(ctx)
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed):
			return parts, nil
		case err != nil:
			return nil, err
		case kind == websocket.MessageText:
			parts = append(parts, Part{Text: string(message)})
		default:
			parts = append(parts, Part{Data: message})
		}
	}
}

// openEnd connects to one end of a channel, under the workers' address and with its query.
func (w *Worker) openEnd(
	ctx context.Context, reference json.RawMessage, direction string,
) (*websocket.Conn, error) {
	var end struct {
		ChannelID string `json:"channel_id"`
		AccessKey string `json:"access_key"`
		Direction string `json:"direction"`
	}
	if err := json.Unmarshal(reference, &end); err != nil || end.Direction != direction {
		told := "expected channel_id, access_key and the direction " + direction
		return nil, Failure{Code: "invalid_request", Message: told}
	}
	address, err := url.Parse(w.settings.URL)
	if err != nil {
		return nil, err
	}
	address = address.JoinPath("ws", "channels", end.ChannelID)
	query := address.Query()
	query.Set("key", end.AccessKey)
	query.Set("dir", direction)
	address.RawQuery = query.Encode()
	settings := w.settings
	settings.URL = address.String()
	opened, err := dial(ctx, settings)
	if err != nil {
		return nil, err
	}
	return opened.socket, nil
}
