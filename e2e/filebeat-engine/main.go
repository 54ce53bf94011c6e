// The script of Filebeat in the engine of Filebeat: runs a script processor's "process" on cases from
// standard input, one JSON object a line, and writes what became of each. The version of the engine is
// the one that Filebeat 8 and 9 pin.
//
//	engine SCRIPT PARAMETERS            cases in, outcomes out
//	engine -rate SCRIPT PARAMETERS      prints how many of the cases one core does in a second
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/dop251/goja"
)

// fields is its own type, as in Filebeat: the engine is told to treat it as a plain map.
type fields map[string]interface{}

// shippedCase is an event as an input of Filebeat makes it, before any processor.
type shippedCase struct {
	Fields    fields `json:"fields"`
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	ArrivalMs int64  `json:"arrivalMs"`
	// Bytes of the message that are not UTF-8 cannot stand in JSON.
	MessageBytes []byte `json:"messageBytes"`
}

type outcome struct {
	Document  fields `json:"document"`
	Exception string `json:"exception,omitempty"`
}

type session struct {
	vm        *goja.Runtime
	process   goja.Callable
	event     *goja.Object
	current   fields
	timestamp time.Time
	id        string
	cancelled bool
	arrivalMs int64
}

func newSession(script, parameters string) (*session, error) {
	source, err := os.ReadFile(script)
	if err != nil {
		return nil, err
	}
	program, err := goja.Compile(script, string(source), true)
	if err != nil {
		return nil, err
	}
	s := &session{vm: goja.New()}
	s.vm.RegisterSimpleMapType(reflect.TypeOf(fields(nil)), func(i interface{}) map[string]interface{} {
		return i.(fields)
	})
	if _, err := s.vm.RunProgram(program); err != nil {
		return nil, err
	}
	date := s.vm.Get("Date").ToObject(s.vm)
	if err := date.Set("now", func(goja.FunctionCall) goja.Value { return s.vm.ToValue(s.arrivalMs) }); err != nil {
		return nil, err
	}
	if s.process, err = s.function("process"); err != nil {
		return nil, err
	}
	register, err := s.function("register")
	if err != nil {
		return nil, err
	}
	var values map[string]interface{}
	if err := json.Unmarshal([]byte(parameters), &values); err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	if _, err := register(goja.Undefined(), s.vm.ToValue(values)); err != nil {
		return nil, err
	}
	return s, s.makeEvent()
}

func (s *session) function(name string) (goja.Callable, error) {
	var callable goja.Callable
	value := s.vm.Get(name)
	if value == nil {
		return nil, fmt.Errorf("the script has no function %q", name)
	}
	return callable, s.vm.ExportTo(value, &callable)
}

func (s *session) makeEvent() error {
	s.event = s.vm.NewObject()
	functions := map[string]func(goja.FunctionCall) goja.Value{
		"Get":    s.get,
		"Put":    s.put,
		"Cancel": func(goja.FunctionCall) goja.Value { s.cancelled = true; return goja.Undefined() },
	}
	for name, function := range functions {
		if err := s.event.Set(name, function); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) get(call goja.FunctionCall) goja.Value {
	name := call.Argument(0).String()
	switch name {
	case "@timestamp":
		return s.vm.ToValue(s.timestamp)
	case "@metadata._id":
		return s.vm.ToValue(s.id)
	}
	var value interface{} = s.current
	for _, part := range strings.Split(name, ".") {
		inner, isMap := value.(fields)
		if !isMap {
			return goja.Null()
		}
		found, exists := inner[part]
		if !exists {
			return goja.Null()
		}
		value = found
	}
	return s.vm.ToValue(value)
}

// put takes what the script may put beside its fields: the time, which must be one.
func (s *session) put(call goja.FunctionCall) goja.Value {
	name := call.Argument(0).String()
	if name != "@timestamp" {
		s.current[name] = call.Argument(1).Export()
		return goja.Undefined()
	}
	at, isTime := call.Argument(1).Export().(time.Time)
	if !isTime {
		panic(s.vm.ToValue("value is not a timestamp"))
	}
	s.timestamp = at
	return goja.Undefined()
}

func (s *session) run(c *shippedCase) outcome {
	s.current, s.id, s.cancelled, s.arrivalMs = c.Fields, c.ID, false, c.ArrivalMs
	s.timestamp = time.UnixMilli(c.ArrivalMs)
	if c.Timestamp != "" {
		at, err := time.Parse(time.RFC3339Nano, c.Timestamp)
		if err != nil {
			return outcome{Exception: err.Error()}
		}
		s.timestamp = at
	}
	if err := s.event.Set("fields", s.vm.ToValue(s.current)); err != nil {
		return outcome{Exception: err.Error()}
	}
	if _, err := s.process(goja.Undefined(), s.event); err != nil {
		return outcome{Exception: err.Error()}
	}
	if s.cancelled {
		return outcome{}
	}
	// As Filebeat names the index: by the time as it was put, in its own zone.
	s.current["@timestamp"] = s.timestamp.Format("2006-01-02T15:04:05.000Z")
	return outcome{Document: s.current}
}

// asFields gives inner objects the type that Filebeat gives them.
func asFields(value interface{}) interface{} {
	switch v := value.(type) {
	case map[string]interface{}:
		for name, inner := range v {
			v[name] = asFields(inner)
		}
		return fields(v)
	case []interface{}:
		for i, inner := range v {
			v[i] = asFields(inner)
		}
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return value
}

func readCases(input io.Reader) ([]*shippedCase, error) {
	reader := bufio.NewReaderSize(input, 1<<20)
	var cases []*shippedCase
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 1 {
			c := &shippedCase{}
			if err := json.Unmarshal(line, c); err != nil {
				return nil, err
			}
			for name, inner := range c.Fields {
				c.Fields[name] = asFields(inner)
			}
			if c.MessageBytes != nil {
				c.Fields["message"] = string(c.MessageBytes)
			}
			cases = append(cases, c)
		}
		if errors.Is(err, io.EOF) {
			return cases, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func main() {
	arguments := os.Args[1:]
	isRate := len(arguments) > 0 && arguments[0] == "-rate"
	if isRate {
		arguments = arguments[1:]
		runtime.GOMAXPROCS(1)
	}
	if len(arguments) != 2 {
		fail(errors.New("expected SCRIPT and PARAMETERS"))
	}
	s, err := newSession(arguments[0], arguments[1])
	if err != nil {
		fail(err)
	}
	cases, err := readCases(os.Stdin)
	if err != nil {
		fail(err)
	}
	if isRate {
		printRate(s, cases)
		return
	}
	output := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for _, c := range cases {
		if err := encoder.Encode(s.run(c)); err != nil {
			fail(err)
		}
	}
	if err := output.Flush(); err != nil {
		fail(err)
	}
}

// printRate runs the cases round by round for about five seconds; a case is used up, so each gets a copy.
func printRate(s *session, cases []*shippedCase) {
	events := 0
	var spent time.Duration
	for spent < 5*time.Second {
		copies := make([]*shippedCase, len(cases))
		for i, c := range cases {
			log := fields{}
			for name, inner := range c.Fields {
				log[name] = inner
			}
			copied := *c
			copied.Fields = log
			copies[i] = &copied
		}
		start := usedTime()
		for _, c := range copies {
			if result := s.run(c); result.Exception != "" {
				fail(errors.New(result.Exception))
			}
		}
		spent += usedTime() - start
		events += len(copies)
	}
	fmt.Printf("%.0f\n", float64(events)/spent.Seconds())
}

// usedTime is the processor time of this process: what others on the machine do is no part of a rate per core.
func usedTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
