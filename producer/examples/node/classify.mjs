// Sends an image to Millrace and prints what it shows:  node classify.mjs ankle-boot.png
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import avro from 'avsc';
import { Kafka, Partitioners, logLevel } from 'kafkajs';

// A schema, and what its records begin with: C3 01 and the CRC-64-AVRO of its canonical form.
function load(file) {
  const type = avro.Type.forSchema(JSON.parse(readFileSync(new URL(file, import.meta.url))));
  const empty = 0xc15d213aa4d7a795n;
  let crc = empty;
  for (const byte of Buffer.from(JSON.stringify(type.schema()))) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? empty : 0n);
  }
  const header = Buffer.from('c3010000000000000000', 'hex');
  header.writeBigUInt64LE(crc, 2);
  return { type, header };
}
const request = load('ImageRequest.avsc');
const files = readdirSync(new URL('.', import.meta.url));
const results = files.filter((file) => file.startsWith('InferenceResult-')).map(load);

const id = randomUUID();
const topic = 'millrace.results';
const brokers = [process.env.MILLRACE_BOOTSTRAP ?? '127.0.0.1:9092'];
const kafka = new Kafka({ brokers, logLevel: logLevel.ERROR });
const admin = kafka.admin();
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: `classify-${id}` }); // alone: gets all partitions
const clients = [admin, producer, consumer];
await Promise.all(clients.map((client) => client.connect()));

const ends = await admin.fetchTopicOffsets(topic); // before sending, so that the answer comes after
await consumer.subscribe({ topic });
const answer = new Promise((resolve, reject) => {
  const eachMessage = async ({ message }) => String(message.key) === id && resolve(message.value);
  consumer.run({ autoCommit: false, eachMessage }).catch(reject);
  setTimeout(reject, 30_000, new Error('no answer in 30 s')).unref();
});
for (const { partition, offset } of ends) consumer.seek({ topic, partition, offset });

const bytes = readFileSync(process.argv[2]);
const image = { requestId: id, encoding: 'PNG', width: 0, height: 0, channels: 0, bytes };
const body = request.type.toBuffer({ ...image, createdAt: Date.now() * 1000 });
const value = Buffer.concat([request.header, body]);
await producer.send({ topic: 'millrace.requests', messages: [{ key: id, value }] });

const record = await answer;
const { type } = results.find(({ header }) => record.subarray(0, 10).equals(header));
const result = type.fromBuffer(record.subarray(10));
await Promise.all(clients.map((client) => client.disconnect()));
if (result.status !== 'OK') throw new Error(`${result.status}: ${result.errorMessage}`);
console.log(result.labels[0].label, result.labels[0].score.toFixed(4));
