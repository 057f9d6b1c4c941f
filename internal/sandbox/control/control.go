// Package control is the back door of the sandbox: rules that break things,
// the transcript of what was said, the clock, and whatever knobs a simulator
// has of its own. It is not part of any provider's interface and is for the machine it
// runs on only.
package control

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/fault"
)

// Simulator is what the control port needs of a provider's stand-in. Control
// serves the simulator's own knobs; if it is a chi.Routes, the index lists them.
type Simulator interface {
	Faults() *fault.Injector
	Transcript() *Transcript
	Control() http.Handler
}

// bodyLimit is the most that is read of a rule.
const bodyLimit = 64 << 10

// New serves the control port of the simulators, by name. Mount it at
// /control/ and keep the prefix.
//
//	GET    /control/                        what there is
//	GET    /control/{sim}/faults            the rules
//	POST   /control/{sim}/faults            add a rule: text, or {"rule":"…"}
//	DELETE /control/{sim}/faults[/{id}]     remove all rules, or one
//	GET    /control/{sim}/transcript        exchanges, oldest first
//	DELETE /control/{sim}/transcript        forget them
//	*      /control/{sim}/…                 the simulator's own, prefix stripped
//
// WithClock adds:
//
//	GET    /control/clock                   how the clock stands, and what is planned
//	POST   /control/clock                   {"freeze": true}, {"thaw": true}, {"set": time} or {"advance": duration}
//	POST   /control/clock/freeze, …/thaw    the same without a body
//	POST   /control/clock/advance, …/set    the same with the text alone
//
// An advance (or a set, which is an advance to a time) answers once everything
// that became due on the way has run, each thing at its own time. One is made
// at a time; others get 409 meanwhile.
//
// Requests whose Host is not a loopback name or address, and requests a page
// of another origin made, are refused with 403. The client's address is not
// looked at: whoever can reach the listener can write any Host.
func New(sims map[string]Simulator, more ...Option) http.Handler {
	p := &port{sims: maps.Clone(sims)}
	for _, add := range more {
		add(p)
	}
	mux := http.NewServeMux()
	if p.clock != nil {
		p.clock.routes(mux)
	}
	mux.HandleFunc("GET /control/{$}", p.index)
	mux.HandleFunc("GET /control/{sim}/faults", p.with(listFaults))
	mux.HandleFunc("POST /control/{sim}/faults", p.with(addFault))
	mux.HandleFunc("DELETE /control/{sim}/faults", p.with(clearFaults))
	mux.HandleFunc("DELETE /control/{sim}/faults/{id}", p.with(removeFault))
	mux.HandleFunc("GET /control/{sim}/transcript", p.with(listTranscript))
	mux.HandleFunc("DELETE /control/{sim}/transcript", p.with(clearTranscript))
	mux.HandleFunc("/control/{sim}/{rest...}", p.with(own))
	return guard(mux)
}

type port struct {
	sims  map[string]Simulator
	clock *clockwork // nil: there is none
}

// with finds the simulator the path names.
func (p *port) with(do func(http.ResponseWriter, *http.Request, Simulator)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("sim")
		sim, ok := p.sims[name]
		if !ok {
			names := slices.Sorted(maps.Keys(p.sims))
			if name == "clock" && p.clock != nil {
				Fail(w, http.StatusNotFound, "NO_SUCH_ROUTE", "the clock has: "+strings.Join(clockRoutes, ", "))
				return
			}
			Fail(w, http.StatusNotFound, "NO_SUCH_SIMULATOR", fmt.Sprintf("no simulator %q; there are: %s", name, strings.Join(names, ", ")))
			return
		}
		do(w, r, sim)
	}
}

func (p *port) index(w http.ResponseWriter, _ *http.Request) {
	type entry struct {
		Faults     int      `json:"faults"`
		Transcript int      `json:"transcript"`
		Routes     []string `json:"routes"`
	}
	out := map[string]entry{}
	for name, sim := range p.sims {
		base := "/control/" + name
		routes := []string{
			"GET " + base + "/faults", "POST " + base + "/faults", "DELETE " + base + "/faults", "DELETE " + base + "/faults/{id}",
			"GET " + base + "/transcript", "DELETE " + base + "/transcript",
		}
		if own, ok := sim.Control().(chi.Routes); ok {
			_ = chi.Walk(own, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
				routes = append(routes, method+" "+base+route)
				return nil
			})
		}
		out[name] = entry{len(sim.Faults().Rules()), len(sim.Transcript().Entries()), routes}
	}
	all := map[string]any{"simulators": out}
	if p.clock != nil {
		all["clock"] = map[string]any{"routes": clockRoutes}
	}
	Answer(w, http.StatusOK, all)
}

func listFaults(w http.ResponseWriter, _ *http.Request, sim Simulator) {
	Answer(w, http.StatusOK, map[string]any{"rules": sim.Faults().Rules()})
}

func addFault(w http.ResponseWriter, r *http.Request, sim Simulator) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		Fail(w, http.StatusBadRequest, "BAD_BODY", err.Error())
		return
	}
	text := string(body)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" || strings.HasPrefix(strings.TrimSpace(text), "{") {
		var in struct {
			Rule string `json:"rule"`
		}
		if err := json.Unmarshal(body, &in); err != nil {
			Fail(w, http.StatusBadRequest, "BAD_BODY", `body must be a rule as text, or {"rule":"…"}: `+err.Error())
			return
		}
		text = in.Rule
	}
	rule, err := sim.Faults().Add(text)
	if err != nil {
		Fail(w, http.StatusBadRequest, "BAD_RULE", err.Error())
		return
	}
	Answer(w, http.StatusCreated, rule)
}

func clearFaults(w http.ResponseWriter, _ *http.Request, sim Simulator) {
	sim.Faults().Clear()
	w.WriteHeader(http.StatusNoContent)
}

func removeFault(w http.ResponseWriter, r *http.Request, sim Simulator) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !sim.Faults().Remove(id) {
		Fail(w, http.StatusNotFound, "NO_SUCH_RULE", fmt.Sprintf("no rule %q", r.PathValue("id")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func listTranscript(w http.ResponseWriter, _ *http.Request, sim Simulator) {
	Answer(w, http.StatusOK, map[string]any{"entries": sim.Transcript().Entries()})
}

func clearTranscript(w http.ResponseWriter, _ *http.Request, sim Simulator) {
	sim.Transcript().Clear()
	w.WriteHeader(http.StatusNoContent)
}

func own(w http.ResponseWriter, r *http.Request, sim Simulator) {
	http.StripPrefix("/control/"+r.PathValue("sim"), Detached(sim.Control())).ServeHTTP(w, r)
}
