package worker

import (
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
)

const defaultURL = "ws://127.0.0.1:49134"

// Settings are the settings of a worker in its environment.
type Settings struct {
	URL, Name, Namespace, Token, Isolation string
}

// FromEnvironment reads the settings of this process. An argument, the engine's address, takes
// precedence over III_URL. A variable of blanks counts as not set.
func FromEnvironment(arguments []string) (Settings, error) {
	address := first(strings.Join(arguments, " "), variable("III_URL"), defaultURL)
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "ws" && parsed.Scheme != "wss") || parsed.Hostname() == "" {
		return Settings{}, fmt.Errorf("expected an address such as %s, not %q", defaultURL, address)
	}
	host, _ := os.Hostname()
	return Settings{
		URL:       address,
		Name:      first(variable("III_WORKER_NAME"), fmt.Sprintf("%s:%d", host, os.Getpid())),
		Namespace: variable("III_NAMESPACE"),
		Token:     variable("III_TOKEN"),
		Isolation: variable("III_ISOLATION"),
	}, nil
}

func variable(name string) string { return strings.TrimSpace(os.Getenv(name)) }

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

func (s Settings) announcement() map[string]any {
	data := map[string]any{
		"runtime": "go", "version": "0.1.0", "name": s.Name, "pid": os.Getpid(),
		"os":        runtime.GOOS + " " + runtime.GOARCH,
		"telemetry": map[string]string{"language": "go", "project_name": "iii-reference-workers"},
	}
	if s.Namespace != "" {
		data["namespace"] = s.Namespace
	}
	if s.Isolation != "" {
		data["isolation"] = s.Isolation
	}
	return data
}
