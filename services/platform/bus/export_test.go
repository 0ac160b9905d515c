package bus

import "github.com/segmentio/kafka-go"

// Client gives tests requests that the bus itself does not need.
func (p *Publisher) Client() *kafka.Client { return p.client }

// Bare gives the benchmark kafka-go without the bus, reached in the same way.
func Bare(cfg Config) (*kafka.Client, *kafka.Dialer, *kafka.Transport, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, nil, nil, err
	}
	dialer, err := cfg.dialer(newConnections())
	return cfg.client(), dialer, cfg.wire.Transport, err
}
