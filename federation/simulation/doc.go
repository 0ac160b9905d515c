// Package simulation plays a whole federation in one test: three sites, twelve or a hundred, of six services each, and the
// federation's broker, on Kafka brokers in memory, over a network that breaks on purpose, for a month of virtual time.
//
// It has tests only. What is real: all services as they are shipped, their databases and object stores on disk, the
// bus, the brokers with their data folders, signatures. What is not: the clock and the network, which are virtual
// (testing/synctest; a connection is a pipe); people, whose acts the test signs as the portal, because the door's HTTP
// listener would need a real socket; TLS, passwords and rights of the brokers, which the bus's and broker's own tests
// hold, and which would be most of the computing here.
//
// A seed fixes keys and ids, what breaks, when and for how long, and what people choose from what they see. It does not
// fix in which order goroutines run: play a seed several times to find again what it found once.
//
// FAIRWAY_SEED=n plays one seed; FAIRWAY_SIMULATION=twelve plays all profiles, long ten seeds of them.
// What it found, and what it covers: TRACK-RECORD.md.
package simulation
