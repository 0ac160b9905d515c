// Package bench compares the bus with watermill-kafka, which speaks to Kafka by Sarama. It is a module outside the
// workspace, so that nothing of Fairway depends on either.
package bench
