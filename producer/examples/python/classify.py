"""Sends an image to Millrace and prints what it shows:  python classify.py ankle-boot.png"""

import io
import os
import sys
import time
import uuid
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from fastavro import schemaless_reader, schemaless_writer
from fastavro.schema import fingerprint, load_schema, to_parsing_canonical_form


def header(schema):
    """What its records begin with: C3 01 and the CRC-64-AVRO of its canonical form."""
    return bytes.fromhex("c301" + fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


here = Path(__file__).parent
request_schema = load_schema(here / "ImageRequest.avsc")
released = [load_schema(file) for file in here.glob("InferenceResult-*.avsc")]
result_schemas = {header(schema): schema for schema in released}

request_id = str(uuid.uuid4())
topic = "millrace.results"
kafka = {"bootstrap.servers": os.environ.get("MILLRACE_BOOTSTRAP", "127.0.0.1:9092")}
consumer = Consumer({**kafka, "group.id": f"classify-{request_id}", "enable.auto.commit": False})
partitions = consumer.list_topics(topic).topics[topic].partitions
ends = [TopicPartition(topic, partition) for partition in partitions]
for end in ends:  # before sending, so that the answer comes after
    end.offset = consumer.get_watermark_offsets(end)[1]
consumer.assign(ends)

image = {"requestId": request_id, "encoding": "PNG", "width": 0, "height": 0, "channels": 0}
image |= {"bytes": Path(sys.argv[1]).read_bytes(), "createdAt": time.time_ns() // 1000}
record = io.BytesIO()
record.write(header(request_schema))
schemaless_writer(record, request_schema, image)
producer = Producer(kafka)
producer.produce("millrace.requests", record.getvalue(), key=request_id)
producer.flush()

while (answer := consumer.poll(30)) is not None and answer.key() != request_id.encode():
    pass
if answer is None:
    sys.exit("no answer in 30 s")
value = answer.value()
result = schemaless_reader(io.BytesIO(value[10:]), result_schemas[value[:10]])
consumer.close()
if result["status"] != "OK":
    sys.exit(f"{result['status']}: {result['errorMessage']}")
print(result["labels"][0]["label"], round(result["labels"][0]["score"], 4))
