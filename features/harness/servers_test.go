package harness

import "testing"

func TestAFederationTellsWhatItRunsOn(t *testing.T) {
	t.Setenv(DatabaseVariable, "")
	for _, c := range []struct{ script, given, inherited, broker, database string }{
		{"", "", "", "embedded", "SQLite"},
		{"broker.sh", "", "postgres://a@h/d", "Apache Kafka", "PostgreSQL"},
		{"", DatabaseVariable + "=postgres://a@h/d", "", "embedded", "PostgreSQL"},
		{"", DatabaseVariable + "=", "postgres://a@h/d", "embedded", "SQLite"}, // what is given counts
	} {
		t.Setenv(DatabaseVariable, c.inherited)
		f := &Federation{script: c.script, env: []string{c.given}}
		if broker, database := f.Servers(); broker != c.broker || database != c.database {
			t.Errorf("%+v: it says %s and %s", c, broker, database)
		}
	}
}
