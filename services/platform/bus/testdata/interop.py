"""Reads signed events from a topic with librdkafka and the CloudEvents library, then writes some of its own.

Standard input is one JSON object: broker, user, password, topic, expect (how many records to read), seed (32 bytes of
an Ed25519 key in hexadecimal), keyid, write (events to write: attributes, data, key, mode). Standard output is one JSON
line for each record read, with what it says and whether its signature is that of SIGNING.md, and one for each written.
"""
import base64, hashlib, json, struct, sys, time
from datetime import datetime

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

task = json.load(sys.stdin)
access = {
    "bootstrap.servers": task["broker"], "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": task["user"], "sasl.password": task["password"], "log_level": 0,
}


def prefixed(raw):
    return struct.pack(">I", len(raw)) + raw


def message(attributes, topic, key, data):
    m = b"fairway event v1"
    for name in sorted(attributes):
        if name != "signature":
            m += prefixed(name.encode()) + prefixed(attributes[name].encode())
    return m + prefixed(topic.encode()) + prefixed(key) + hashlib.sha256(data).digest()


def attributes_of(headers):
    found = {}
    for name, value in headers:
        name = "datacontenttype" if name == "content-type" else name.removeprefix("ce_")
        assert name not in found, "the header is there twice: " + name
        found[name] = value.decode()
    return found


def say(what):
    print(json.dumps(what), flush=True)


def read():
    consumer = Consumer(access | {"group.id": "python.reader", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([task["topic"]])
    deadline, left = time.monotonic() + 60, task["expect"]
    while left > 0:
        assert time.monotonic() < deadline, "%d records did not come" % left
        record = consumer.poll(1)
        if record is None:
            continue
        assert record.error() is None, record.error()
        headers = record.headers()
        event = from_kafka_event(KafkaMessage(headers=dict(headers), key=record.key(), value=record.value()))
        attributes = attributes_of(headers)
        signed = message(attributes, record.topic(), record.key(), record.value())
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(task["public"]))
        public.verify(base64.b64decode(attributes["signature"], validate=True), signed)
        say({"read": event.get_id(), "type": event.get_type(), "source": event.get_source(), "subject": event.get_subject(),
             "sequence": event.get_extension("sequence"), "data": event.get_data(), "key": record.key().decode(), "partition": record.partition()})
        left -= 1
    consumer.close()


def write():
    # the default of librdkafka is another partitioner than that of Java and of ours
    producer = Producer(access | {"partitioner": "murmur2_random", "enable.idempotence": False, "compression.type": "zstd"})
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(task["seed"]))

    def delivered(error, record):
        assert error is None, error
        say({"wrote": record.key().decode(), "partition": record.partition()})

    for w in task["write"]:
        attributes = w["attributes"] | {"time": datetime.fromisoformat(w["attributes"]["time"]), "keyid": task["keyid"]}
        event, key = CloudEvent(attributes, w["data"]), w["key"].encode()
        if w["mode"] == "binary":
            m = to_binary_event(event, key_mapper=lambda _: key)
            headers = list(m.headers.items())
            sign = private.sign(message(attributes_of(headers), task["topic"], key, m.value))
            headers.append(("ce_signature", base64.b64encode(sign)))
            value = m.value
        else:
            m = to_structured_event(event, key_mapper=lambda _: key)
            headers, value = list(m.headers.items()), m.value
            text = value.decode()
            start = text.index('"data":') + len('"data":')
            start += len(text[start:]) - len(text[start:].lstrip())
            _, end = json.JSONDecoder().raw_decode(text, start)
            known = {name: v for name, v in json.loads(text).items() if name != "data"}
            sign = private.sign(message(known, task["topic"], key, text[start:end].encode()))
            value = (text[:-1] + ', "signature": "%s"}' % base64.b64encode(sign).decode()).encode()
        producer.produce(task["topic"], key=key, value=value, headers=headers, on_delivery=delivered)
    assert producer.flush(60) == 0, "not all records were delivered"


read()
write()
