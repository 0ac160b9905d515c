package config

import "log/slog"

// Service is what every service's own process is told; everything else it finds in the site's folder.
type Service struct {
	SiteDir         string     `env:"FAIRWAY_SITE_DIR, required" yaml:"siteDir" expected:"the path of a folder" help:"The folder that site init made."`
	Broker          string     `env:"FAIRWAY_BROKER" yaml:"broker" expected:"host:port" help:"The site's broker, where it is another than the site's folder says."`
	Federation      string     `env:"FAIRWAY_FEDERATION" yaml:"federation" expected:"host:port" help:"The federation's broker, where it is another than the site's folder says; read by the gateway."`
	HTTP            string     `env:"FAIRWAY_HTTP, default=127.0.0.1:0" yaml:"http" expected:"a loopback host:port, port 0 for a free one" help:"Where people and probes reach the service; the address taken is written to run/ in the site's folder."`
	LogLevel        slog.Level `env:"FAIRWAY_LOG_LEVEL, default=INFO" yaml:"logLevel" expected:"DEBUG, INFO, WARN or ERROR" help:"The least level that is logged."`
	OTLP            string     `env:"FAIRWAY_OTLP_ENDPOINT" yaml:"otlpEndpoint" expected:"a URL such as http://127.0.0.1:4318" help:"A collector that takes OpenTelemetry traces by OTLP over HTTP; plain http only to this machine. Without it no trace is made and nothing is sent."`
	MinDiskFree     int64      `env:"FAIRWAY_MIN_DISK_FREE, default=64" yaml:"minDiskFree" expected:"a number of MiB" help:"The service is not ready while less is free where its state lies."`
	AllowTestKeys   bool       `env:"FAIRWAY_ALLOW_TEST_KEYS, default=false" yaml:"allowTestKeys" expected:"true or false" help:"Believe keys that a test put into test-keys/. Never in production; health shows it."`
	AllowFailpoints bool       `env:"FAIRWAY_ALLOW_FAILPOINTS, default=false" yaml:"allowFailpoints" expected:"true or false" help:"Obey failpoints armed in failpoints/. Never in production; health shows it."`
}
