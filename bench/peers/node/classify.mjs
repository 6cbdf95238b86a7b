// A consumer group member in Node: kafkajs, avsc, and ONNX Runtime with batches of up to eight images.
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import * as ort from 'onnxruntime-node';

const BATCH = 8;
const HEADER = 10; // C3 01 and the schema's fingerprint
const { BOOTSTRAP, GROUP, MODEL, REQUESTS, RESULTS, SCHEMA } = process.env;

const session = await ort.InferenceSession.create(MODEL, { intraOpNumThreads: 1, executionMode: 'sequential' });
const [input] = session.inputMetadata;
const [output] = session.outputMetadata;
const shape = input.shape.slice(1);
const size = shape.reduce((a, b) => a * b);
const classes = output.shape[1];
const request = avro.Type.forSchema(JSON.parse(readFileSync(SCHEMA)));

const kafka = new Kafka({ brokers: [BOOTSTRAP], logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: GROUP, maxWaitTimeInMs: 100 });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await Promise.all([consumer.connect(), producer.connect()]);
await consumer.subscribe({ topic: REQUESTS, fromBeginning: true });

async function classify(messages) {
  const pixels = new Uint8Array(messages.length * size);
  messages.forEach(({ value }, i) => pixels.set(request.fromBuffer(value.subarray(HEADER)).bytes, i * size));
  const tensor = new ort.Tensor('uint8', pixels, [messages.length, ...shape]);
  const scores = (await session.run({ [input.name]: tensor }))[output.name].data;
  return messages.map(({ key }, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    let best = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[best]) best = c;
    const value = Buffer.alloc(8);
    value.writeInt32BE(best, 0);
    value.writeFloatBE(row[best], 4);
    return { key, value };
  });
}

await consumer.run({
  eachBatchAutoResolve: false,
  eachBatch: async ({ batch: { messages }, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
    for (let start = 0; start < messages.length; start += BATCH) {
      const images = messages.slice(start, start + BATCH);
      await producer.send({ topic: RESULTS, messages: await classify(images) });
      resolveOffset(images.at(-1).offset);
      await heartbeat();
    }
    await commitOffsetsIfNecessary();
  },
});
