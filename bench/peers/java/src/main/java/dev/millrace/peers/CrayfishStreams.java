package dev.millrace.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;

/**
 * What the Kafka Streams adapter for ONNX of Crayfish (Horchidan et al., EDBT 2024) does for a record, written anew: floats as
 * decimal text in JSON, a mapper of objects with its own readers and writers for every record, lists of boxed floats, tensors that
 * nobody closes, the input repeated in the answer, a state store that nobody uses, and settings as they come. Not how anybody
 * should write it.
 */
public final class CrayfishStreams {
    private static final String STORE = "unused";

    private CrayfishStreams() {}

    /** One message: data points, and what the model says to them. */
    private record Points(long created, List<ArrayList<Float>> inputs, String predictions) {}

    private static final class PointsReader extends StdDeserializer<Points> {
        PointsReader() {
            super(Points.class);
        }

        @Override
        public Points deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            JsonNode node = parser.getCodec().readTree(parser);
            int points = node.get("dataPointSz1").intValue();
            int size = node.get("dataPointSz2").intValue();
            String[] numbers = node.get("dataPoint").textValue().split(",");
            List<ArrayList<Float>> inputs = new ArrayList<>();
            int next = 0;
            for (int point = 0; point < points; point++) {
                ArrayList<Float> floats = new ArrayList<>();
                for (int i = 0; i < size; i++) {
                    floats.add(Float.valueOf(numbers[next++]));
                }
                inputs.add(floats);
            }
            return new Points(node.get("creationTimestamp").longValue(), inputs, "");
        }
    }

    private static final class PointsWriter extends StdSerializer<Points> {
        PointsWriter() {
            super(Points.class);
        }

        @Override
        public void serialize(Points points, JsonGenerator json, SerializerProvider provider) throws IOException {
            StringBuilder numbers = new StringBuilder();
            for (List<Float> point : points.inputs()) {
                for (Float number : point) {
                    numbers.append(number).append(',');
                }
            }
            json.writeStartObject();
            json.writeNumberField("creationTimestamp", points.created());
            json.writeNumberField("dataPointSz1", points.inputs().size());
            json.writeNumberField("dataPointSz2", points.inputs().get(0).size());
            json.writeStringField("dataPoint", numbers.toString());
            json.writeStringField("prediction", points.predictions());
            json.writeEndObject();
        }
    }

    private static Points read(byte[] json) {
        try {
            ObjectMapper mapper = new ObjectMapper();
            mapper.registerModule(new SimpleModule().addDeserializer(Points.class, new PointsReader()));
            return mapper.readValue(json, Points.class);
        } catch (IOException e) {
            throw new SerializationException(e);
        }
    }

    private static byte[] write(Points points) {
        try {
            ObjectMapper mapper = new ObjectMapper();
            mapper.registerModule(new SimpleModule().addSerializer(Points.class, new PointsWriter()));
            return mapper.writeValueAsBytes(points);
        } catch (IOException e) {
            throw new SerializationException(e);
        }
    }

    private static final class Scoring implements Processor<String, Points, String, Points> {
        private final OrtEnvironment runtime = OrtEnvironment.getEnvironment();
        private OrtSession session;
        private ProcessorContext<String, Points> context;

        @Override
        public void init(ProcessorContext<String, Points> context) {
            this.context = context;
            try {
                OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                options.setIntraOpNumThreads(1);
                options.setInterOpNumThreads(1);
                session = runtime.createSession(System.getenv("MODEL"), options);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void process(Record<String, Points> record) {
            try {
                context.forward(record.withValue(new Points(
                        record.value().created(),
                        record.value().inputs(),
                        apply(record.value().inputs()).toString())));
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        private ArrayList<ArrayList<Float>> apply(List<ArrayList<Float>> inputs) throws OrtException {
            String name = session.getInputNames().iterator().next();
            long[] shape = ((TensorInfo) session.getInputInfo().get(name).getInfo()).getShape();
            shape[0] = inputs.size();
            ArrayList<Float> flat =
                    inputs.stream().flatMap(List::stream).collect(Collectors.toCollection(ArrayList::new));
            Float[] boxed = flat.toArray(new Float[0]);
            float[] floats = new float[boxed.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = boxed[i];
            }
            Map<String, OnnxTensor> feed = new HashMap<>();
            feed.put(name, OnnxTensor.createTensor(runtime, FloatBuffer.wrap(floats), shape));
            float[][] scores = (float[][]) session.run(feed).get(0).getValue();
            ArrayList<ArrayList<Float>> predictions = new ArrayList<>();
            for (float[] row : scores) {
                ArrayList<Float> prediction = new ArrayList<>();
                for (float score : row) {
                    prediction.add(score);
                }
                predictions.add(prediction);
            }
            return predictions;
        }
    }

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        Properties settings = new Properties();
        settings.put("application.id", System.getenv("GROUP"));
        settings.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        settings.put("num.stream.threads", System.getenv("THREADS"));
        settings.put("state.dir", System.getenv("STATE"));
        settings.put("auto.offset.reset", "earliest");
        settings.put("consumer.isolation.level", "read_committed"); // Theirs has none; the bench fills a topic in a transaction.

        Serde<Points> json = Serdes.serdeFrom((topic, points) -> write(points), (topic, bytes) -> read(bytes));
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), json)
                        .withCachingEnabled());
        builder.stream(System.getenv("REQUESTS"), Consumed.with(Serdes.String(), json))
                .process(Scoring::new, STORE)
                .to(System.getenv("RESULTS"), Produced.with(Serdes.String(), json));
        new KafkaStreams(builder.build(), settings).start();
        new CountDownLatch(1).await();
    }
}
