"""Sends an image to Millrace with Confluent's serializers and prints what it shows:  python classify.py ankle-boot.png"""

import os
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

prefix = os.environ.get("MILLRACE_TOPIC_PREFIX", "millrace.")
requests, results = prefix + "requests", prefix + "results"
registry = SchemaRegistryClient({"url": os.environ["MILLRACE_SCHEMA_REGISTRY_URL"]})
schema = (Path(__file__).parent / "ImageRequest.avsc").read_text()
serialize = AvroSerializer(registry, schema)  # registers the schema as <topic>-value
deserialize = AvroDeserializer(registry)

request_id = str(uuid.uuid4())
kafka = {"bootstrap.servers": os.environ.get("MILLRACE_BOOTSTRAP", "127.0.0.1:9092")}
consumer = Consumer({**kafka, "group.id": f"classify-{request_id}", "enable.auto.commit": False})
partitions = consumer.list_topics(results).topics[results].partitions
ends = [TopicPartition(results, partition) for partition in partitions]
for end in ends:  # before sending, so that the answer comes after
    end.offset = consumer.get_watermark_offsets(end)[1]
consumer.assign(ends)

image = {"requestId": request_id, "encoding": "PNG", "width": 0, "height": 0, "channels": 0}
image |= {"bytes": Path(sys.argv[1]).read_bytes(), "createdAt": datetime.now(timezone.utc)}
producer = Producer(kafka)
producer.produce(requests, serialize(image, SerializationContext(requests, MessageField.VALUE)), key=request_id)
producer.flush()

while (answer := consumer.poll(30)) is not None and answer.key() != request_id.encode():
    pass
if answer is None:
    sys.exit("no answer in 30 s")
result = deserialize(answer.value(), SerializationContext(results, MessageField.VALUE))
consumer.close()
if result["status"] != "OK":
    sys.exit(f"{result['status']}: {result['errorMessage']}")
print(result["labels"][0]["label"], round(result["labels"][0]["score"], 4))
