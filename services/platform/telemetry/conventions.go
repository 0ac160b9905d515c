package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
)

// Names of OpenTelemetry's semantic conventions, version 1.44.0: messaging, Kafka, CloudEvents and HTTP. The messaging
// ones are still in development there, so they stand in this file alone. None of those used here names a person: keys and
// subjects of events are left out on purpose.
const (
	ConventionsVersion = "1.44.0"

	MessagingSystem          = attribute.Key("messaging.system")
	MessagingOperationName   = attribute.Key("messaging.operation.name")
	MessagingOperationType   = attribute.Key("messaging.operation.type")
	MessagingDestination     = attribute.Key("messaging.destination.name")
	MessagingPartition       = attribute.Key("messaging.destination.partition.id")
	MessagingConsumerGroup   = attribute.Key("messaging.consumer.group.name")
	MessagingMessageID       = attribute.Key("messaging.message.id")
	MessagingKafkaOffset     = attribute.Key("messaging.kafka.offset")
	CloudEventsID            = attribute.Key("cloudevents.event_id")
	CloudEventsSource        = attribute.Key("cloudevents.event_source")
	CloudEventsType          = attribute.Key("cloudevents.event_type")
	CloudEventsSpecVersion   = attribute.Key("cloudevents.event_spec_version")
	HTTPRequestMethod        = attribute.Key("http.request.method")
	HTTPResponseStatus       = attribute.Key("http.response.status_code")
	HTTPRoute                = attribute.Key("http.route")
	ErrorType                = attribute.Key("error.type")
	ServiceName              = attribute.Key("service.name")
	ServiceNamespace         = attribute.Key("service.namespace")
	ServiceVersion           = attribute.Key("service.version")
	SystemKafka              = "kafka"
	OperationSend            = "send"
	OperationProcess         = "process"
	cloudEventsSpecification = "1.0"
)

const schemaURL = "https://opentelemetry.io/schemas/" + ConventionsVersion
