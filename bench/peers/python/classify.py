"""A consumer group member in Python: confluent-kafka, fastavro, and ONNX Runtime with batches of up to eight images."""

import io
import os
import struct

import numpy as np
import onnxruntime as ort
from confluent_kafka import Consumer, Producer
from fastavro import schemaless_reader
from fastavro.schema import load_schema

BATCH = 8
HEADER = 10  # C3 01 and the schema's fingerprint

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
pixels = session.get_inputs()[0]
shape = pixels.shape[1:]
schema = load_schema(os.environ["SCHEMA"])
results = os.environ["RESULTS"]

kafka = {"bootstrap.servers": os.environ["BOOTSTRAP"]}
consumer = Consumer({
    **kafka,
    "group.id": os.environ["GROUP"],
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "fetch.wait.max.ms": 100,
})
producer = Producer({**kafka, "linger.ms": 1})
consumer.subscribe([os.environ["REQUESTS"]])


def classify(records):
    """Answers a batch, each record with its best class and that one's score."""
    images = [schemaless_reader(io.BytesIO(record.value()[HEADER:]), schema)["bytes"] for record in records]
    batch = np.frombuffer(b"".join(images), np.uint8).reshape(len(images), *shape)
    (scores,) = session.run(None, {pixels.name: batch})
    best = scores.argmax(axis=1)
    for record, row, index in zip(records, scores, best):
        producer.produce(results, struct.pack(">if", index, row[index]), key=record.key())
    producer.poll(0)


while True:
    first = consumer.poll(1.0)
    if first is None:
        continue
    records = [first, *consumer.consume(500, timeout=0)]
    for record in records:
        if record.error():
            raise RuntimeError(record.error())
    for start in range(0, len(records), BATCH):
        classify(records[start : start + BATCH])
    producer.flush()
    consumer.commit(asynchronous=True)
