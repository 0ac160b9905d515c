package health

import (
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Names of the metrics, in base units. Labels are reasons, states, directions and types: never a person, a project, a
// dataset or a count of people.
const (
	BorderEvents      = "tre_border_events_total"         // direction, type, decision, reason
	OutboxPending     = "tre_outbox_pending"              // rows not yet sent
	OutboxOldest      = "tre_outbox_oldest_seconds"       // age of the oldest of them
	InboxDuplicates   = "tre_inbox_duplicates_total"      //
	ConsumerLag       = "tre_consumer_lag"                // topic: records not yet processed
	SourcesBehind     = "tre_sources_behind"              // sources whose records wait for their turn
	DeadLetters       = "tre_dlq_messages_total"          // reason
	SignatureFailures = "tre_signature_failures_total"    // reason
	AuditSize         = "tre_audit_size"                  // leaves
	AuditAge          = "tre_audit_age_seconds"           // since the newest leaf
	KeyExpires        = "tre_key_expires_seconds"         // until the service's own key is no longer believed
	CertificateEnds   = "tre_certificate_expires_seconds" // broker: until its certificate ends
	DiskFree          = "tre_disk_free_bytes"             // where the state lies
)

// maxSeries of one metric: a label that grows without bound is a mistake, and must not fill the memory.
const maxSeries = 200

var metricPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Metrics is a set of counters and gauges. Safe for concurrent use.
type Metrics struct {
	mu     sync.Mutex
	series map[string]*Metric
}

// Metric is one counter or gauge with its labels. A nil Metric does nothing.
type Metric struct {
	mu         sync.Mutex
	kind, help string
	labels     []string
	values     map[string]float64
	read       func() float64
	readEach   func() map[string]float64
}

// Counter returns the counter called name, registering it at the first call. It panics on a name or labels that do
// not fit, because they are constants of the program.
func (m *Metrics) Counter(name, help string, labels ...string) *Metric {
	return m.register(name, &Metric{kind: "counter", help: help, labels: labels})
}

// CounterFunc registers a counter that is read when it is asked for; it must never fall.
func (m *Metrics) CounterFunc(name, help string, read func() float64) {
	m.register(name, &Metric{kind: "counter", help: help, read: read})
}

// GaugeFunc registers a gauge that is read when it is asked for; NaN means not known and is left out.
func (m *Metrics) GaugeFunc(name, help string, read func() float64) {
	m.register(name, &Metric{kind: "gauge", help: help, read: read})
}

// GaugeEach registers a gauge with one label, all of whose values are read when they are asked for.
func (m *Metrics) GaugeEach(name, help, label string, read func() map[string]float64) {
	m.register(name, &Metric{kind: "gauge", help: help, labels: []string{label}, readEach: read})
}

func (m *Metrics) register(name string, metric *Metric) *Metric {
	for _, n := range append([]string{name}, metric.labels...) {
		if !metricPattern.MatchString(n) {
			panic(fmt.Sprintf("metric %s: name or label %q does not match %s", name, n, metricPattern))
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if have := m.series[name]; have != nil {
		if have.kind != metric.kind || !slices.Equal(have.labels, metric.labels) {
			panic(fmt.Sprintf("metric %s is registered twice, as %s%v and %s%v", name, have.kind, have.labels, metric.kind, metric.labels))
		}
		return have
	}
	if m.series == nil {
		m.series = map[string]*Metric{}
	}
	metric.values = map[string]float64{}
	if len(metric.labels) == 0 && metric.read == nil {
		metric.values[""] = 0
	}
	m.series[name] = metric
	return metric
}

// Add adds n to the series with these label values, given in the order of the labels.
func (c *Metric) Add(n float64, values ...string) {
	if c == nil {
		return
	}
	key := c.key(values)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.values[key]; !known && len(c.values) >= maxSeries {
		key = c.key(slices.Repeat([]string{"other"}, len(c.labels)))
	}
	c.values[key] += n
}

var labelEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func (c *Metric) key(values []string) string {
	if len(values) != len(c.labels) {
		panic(fmt.Sprintf("metric with labels %v got %d values", c.labels, len(values)))
	}
	var parts []string
	for i, l := range c.labels {
		parts = append(parts, fmt.Sprintf(`%s="%s"`, l, labelEscape.Replace(strings.ToValidUTF8(values[i], "?"))))
	}
	return strings.Join(parts, ",")
}

// Write renders all metrics in the Prometheus text format 0.0.4, sorted.
func (m *Metrics) Write(w io.Writer) error {
	m.mu.Lock()
	series := maps.Clone(m.series)
	m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(series)) {
		if err := series[name].write(w, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *Metric) write(w io.Writer, name string) error {
	c.mu.Lock()
	values := maps.Clone(c.values)
	c.mu.Unlock()
	if c.read != nil {
		if v := c.read(); !math.IsNaN(v) {
			values[""] = v
		}
	}
	if c.readEach != nil {
		for label, v := range c.readEach() {
			values[c.key([]string{label})] = v
		}
	}
	if _, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, strings.ReplaceAll(c.help, "\n", " "), name, c.kind); err != nil {
		return err
	}
	for _, labels := range slices.Sorted(maps.Keys(values)) {
		full := name
		if labels != "" {
			full += "{" + labels + "}"
		}
		if _, err := fmt.Fprintf(w, "%s %s\n", full, strconv.FormatFloat(values[labels], 'g', -1, 64)); err != nil {
			return err
		}
	}
	return nil
}
