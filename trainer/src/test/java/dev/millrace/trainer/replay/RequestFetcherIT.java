package dev.millrace.trainer.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.worker.decode.Resizing;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class RequestFetcherIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final String MODEL = "fashion-mnist";
    private static final ImageShape GREY = new ImageShape(8, 6, 1);
    private static final ImageShape COLOUR = new ImageShape(8, 6, 3);
    private static final int PARTITIONS = 3;

    private final String topic = KafkaBroker.freshPrefix() + "requests";
    private final WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
    private final Map<String, byte[]> taken = new HashMap<>();
    private final List<LabelledRequest> requests = new ArrayList<>();
    private KafkaProducer<byte[], byte[]> producer;

    @BeforeEach
    void createTheTopic() {
        BROKER.createTopic(topic, PARTITIONS);
        producer = producer(null);
    }

    @AfterEach
    void closeTheProducer() {
        producer.close();
    }

    @Test
    void fetchesExactlyWhatItIsAskedForFromAllPartitionsNearAndFar() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed of the choice: " + seed);
        Random random = new Random(seed);
        int requestsInAll = 6_000;
        Map<String, byte[]> expected = new TreeMap<>();
        List<LabelledRequest> all = new ArrayList<>();
        // Of a few MiB, so that there are answers to read on in and gaps to seek over.
        ImageShape large = new ImageShape(40, 30, 1);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < requestsInAll; i++) {
            ImageRequest request = raw("r" + i, large, Images.pixels(i, large));
            sent.add(producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, codec.encode(request))));
        }
        for (int i = 0; i < requestsInAll; i++) {
            all.add(new LabelledRequest(
                    "r" + i, i % 2, topic, i % PARTITIONS, sent.get(i).get().offset()));
        }
        for (int i = 0; i < requestsInAll; i++) {
            // Many next to each other, then few.
            if (random.nextInt(i < 1_000 ? 2 : 500) == 0 || i == requestsInAll - 1) {
                requests.add(all.get(i));
                expected.put("r" + i, Images.pixels(i, large));
            }
        }
        Collections.shuffle(requests, random);

        try (RequestFetcher fetcher = fetcher(large)) {
            assertThat(fetcher.fetch(requests, this::take)).isEqualTo(new Fetched(expected.size(), 0, 0, 0));
            assertThat(taken.keySet()).isEqualTo(expected.keySet());
            assertThat(taken).allSatisfy((id, pixels) -> assertThat(pixels).isEqualTo(expected.get(id)));

            taken.clear();
            List<LabelledRequest> two = List.of(all.get(4_000), all.get(17));
            assertThat(fetcher.fetch(two, this::take)).isEqualTo(new Fetched(2, 0, 0, 0));
            assertThat(taken).containsOnlyKeys("r4000", "r17");
        }
    }

    @Test
    void whatWasDeletedHasExpired() throws Exception {
        for (int i = 0; i < 30; i++) {
            send("r" + i, i % 2, codec.encode(raw("r" + i, GREY, Images.pixels(i, GREY))));
        }
        try (Admin admin = Admin.create(client())) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(10),
                            new TopicPartition(topic, 1), RecordsToDelete.beforeOffset(15)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }

        assertThat(fetch(GREY)).isEqualTo(new Fetched(5, 25, 0, 0));
        assertThat(taken).containsOnlyKeys("r20", "r22", "r24", "r26", "r28");
    }

    @Test
    void whatIsNotThatRequestIsUnknown() throws Exception {
        long other = send("other", 0, codec.encode(raw("other", GREY, Images.pixels(1, GREY))));
        ImageRequest ofOtherModel = raw("m", GREY, Images.pixels(2, GREY));
        ofOtherModel.setModel("cifar10");
        send("m", 0, codec.encode(ofOtherModel));
        send("no request", 1, new byte[] {1, 2, 3});
        send("nothing", 1, null);
        requests.remove(0);
        requests.add(new LabelledRequest("wrong id", 0, topic, 0, other));
        requests.add(new LabelledRequest("beyond the end", 0, topic, 0, 1_000));
        requests.add(new LabelledRequest("beyond the end of nothing", 0, topic, 2, 0));
        requests.add(new LabelledRequest("no such partition", 0, topic, PARTITIONS, 0));
        requests.add(new LabelledRequest("no topic of requests", 0, "__consumer_offsets", 0, 0));
        ImageRequest ofDefault = raw("default", GREY, Images.pixels(3, GREY));
        ofDefault.setModel("");
        send("default", 0, codec.encode(ofDefault));

        assertThat(fetch(GREY)).isEqualTo(new Fetched(1, 0, 8, 0));
        assertThat(taken).containsOnlyKeys("default");
    }

    @Test
    void aTopicThatIsMissingHasNoRequests() throws Exception {
        String missing = topic + ".missing";
        requests.add(new LabelledRequest("r", 0, missing, 0, 0));
        try (RequestFetcher fetcher = new RequestFetcher(client(), Set.of(missing), MODEL, GREY, Resizing.NONE)) {
            assertThat(fetcher.fetch(requests, this::take)).isEqualTo(new Fetched(0, 0, 1, 0));
        }
    }

    @Test
    void marksOfTransactionsAndWhatWasAbortedAreNoRequests() throws Exception {
        try (KafkaProducer<byte[], byte[]> transactional = producer(topic)) {
            transactional.initTransactions();
            for (int i = 0; i < 6; i++) {
                transactional.beginTransaction();
                byte[] value = codec.encode(raw("t" + i, GREY, Images.pixels(i, GREY)));
                Future<RecordMetadata> sent = transactional.send(new ProducerRecord<>(topic, 0, null, value));
                transactional.flush();
                assertThat(sent.get().offset()).isEqualTo(2L * i);
                if (i % 2 == 0) {
                    transactional.commitTransaction();
                } else {
                    transactional.abortTransaction();
                }
                requests.add(new LabelledRequest("t" + i, 0, topic, 0, 2L * i));
                requests.add(new LabelledRequest("mark " + i, 0, topic, 0, 2L * i + 1));
            }
        }

        assertThat(fetch(GREY)).isEqualTo(new Fetched(3, 9, 0, 0));
        assertThat(taken).containsOnlyKeys("t0", "t2", "t4");
    }

    @Test
    void picturesBecomeThePixelsOfTheModelAsAWorkerDecodesThem() throws Exception {
        byte[] rgb = Images.pixels(1, COLOUR);
        byte[] grey = Images.pixels(2, GREY);
        byte[] jpeg = picture(rgb, "jpg");
        send("raw", 0, codec.encode(raw("raw", COLOUR, rgb)));
        send("png", 0, codec.encode(encoded("png", ImageEncoding.PNG, picture(rgb, "png"))));
        send("jpeg", 1, codec.encode(encoded("jpeg", ImageEncoding.JPEG, jpeg)));
        send("grey", 2, codec.encode(raw("grey", GREY, grey)));

        assertThat(fetch(COLOUR)).isEqualTo(new Fetched(4, 0, 0, 0));
        assertThat(taken.get("raw")).isEqualTo(rgb);
        assertThat(taken.get("png")).isEqualTo(rgb);
        assertThat(taken.get("jpeg")).isEqualTo(pixels(ImageIO.read(new ByteArrayInputStream(jpeg))));
        assertThat(taken.get("grey")).isEqualTo(repeated(grey));

        taken.clear();
        assertThat(fetch(GREY)).isEqualTo(new Fetched(4, 0, 0, 0));
        assertThat(taken.get("grey")).isEqualTo(grey);
        assertThat(taken.get("png")).isEqualTo(luma(rgb)).isEqualTo(taken.get("raw"));
    }

    @Test
    void picturesThatAWorkerRefusesAreUndecodable() throws Exception {
        byte[] png = picture(Images.pixels(1, COLOUR), "png");
        ImageRequest wrongSum = raw("wrong sum", GREY, Images.pixels(1, GREY));
        wrongSum.setCrc32c(7L);
        ImageRequest rightSum = raw("right sum", GREY, Images.pixels(2, GREY));
        CRC32C crc = new CRC32C();
        crc.update(Images.pixels(2, GREY));
        rightSum.setCrc32c(crc.getValue());
        send("right sum", 0, codec.encode(rightSum));
        send("wrong sum", 0, codec.encode(wrongSum));
        send("truncated", 0, codec.encode(encoded("truncated", ImageEncoding.PNG, Arrays.copyOf(png, png.length / 2))));
        send("mistaken", 1, codec.encode(encoded("mistaken", ImageEncoding.JPEG, png)));
        send("unspecified", 1, codec.encode(encoded("unspecified", ImageEncoding.UNSPECIFIED, png)));
        send("wrong size", 2, codec.encode(raw("wrong size", new ImageShape(6, 8, 1), Images.pixels(3, GREY))));

        assertThat(fetch(GREY)).isEqualTo(new Fetched(1, 0, 0, 5));
        assertThat(taken).containsOnlyKeys("right sum");
    }

    @Test
    void ofTwoLabelsOfOneRequestTheLastOneIsTakenAndWhatTheTakerThrowsComesOut() throws Exception {
        long offset = send("r", 0, codec.encode(raw("r", GREY, Images.pixels(1, GREY))));
        requests.add(new LabelledRequest("r", 2, topic, 0, offset));
        List<Integer> labels = new ArrayList<>();
        try (RequestFetcher fetcher = fetcher(GREY)) {
            assertThatThrownBy(() -> fetcher.fetch(requests, (request, pixels) -> {
                        throw new IOException("buffer: No space left on device");
                    }))
                    .hasMessage("buffer: No space left on device");
            assertThat(fetcher.fetch(requests, (request, pixels) -> labels.add(request.label())))
                    .isEqualTo(new Fetched(1, 0, 0, 0));
            assertThat(fetcher.fetch(List.of(), this::take)).isEqualTo(Fetched.NOTHING);
        }
        assertThat(labels).containsExactly(2);
    }

    private Fetched fetch(ImageShape shape) throws IOException {
        try (RequestFetcher fetcher = fetcher(shape)) {
            return fetcher.fetch(requests, this::take);
        }
    }

    private void take(LabelledRequest request, byte[] pixels) {
        assertThat(taken.put(request.requestId(), pixels)).as("taken twice").isNull();
    }

    private RequestFetcher fetcher(ImageShape shape) {
        return new RequestFetcher(client(), Set.of(topic), MODEL, shape, Resizing.NONE);
    }

    private static Map<String, Object> client() {
        return Map.of("bootstrap.servers", BROKER.bootstrapServers());
    }

    private static KafkaProducer<byte[], byte[]> producer(@Nullable String transactionalId) {
        Map<String, Object> properties = new HashMap<>(client());
        if (transactionalId != null) {
            properties.put("transactional.id", transactionalId);
        }
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Writes a record and asks for it; its offset. */
    private long send(String id, int partition, byte @Nullable [] value) throws Exception {
        long offset = producer.send(new ProducerRecord<>(topic, partition, null, value))
                .get(30, TimeUnit.SECONDS)
                .offset();
        requests.add(new LabelledRequest(id, 0, topic, partition, offset));
        return offset;
    }

    private static ImageRequest raw(String id, ImageShape shape, byte[] pixels) {
        ImageRequest request = encoded(id, ImageEncoding.RAW_U8, pixels);
        request.setWidth(shape.width());
        request.setHeight(shape.height());
        request.setChannels(shape.channels());
        return request;
    }

    private static ImageRequest encoded(String id, ImageEncoding encoding, byte[] bytes) {
        ImageRequest request = new ImageRequest();
        request.setRequestId(id);
        request.setModel(MODEL);
        request.setEncoding(encoding);
        request.setBytes(ByteBuffer.wrap(bytes));
        request.setCreatedAt(Instant.now());
        request.setTags(Map.of());
        return request;
    }

    private static byte[] picture(byte[] rgb, String format) throws IOException {
        BufferedImage image = new BufferedImage(COLOUR.width(), COLOUR.height(), BufferedImage.TYPE_3BYTE_BGR);
        int[] samples = new int[rgb.length];
        Arrays.setAll(samples, i -> Byte.toUnsignedInt(rgb[i]));
        image.getRaster().setPixels(0, 0, COLOUR.width(), COLOUR.height(), samples);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, out)).isTrue();
        return out.toByteArray();
    }

    private static byte[] pixels(BufferedImage image) {
        int[] samples = image.getRaster().getPixels(0, 0, image.getWidth(), image.getHeight(), (int[]) null);
        byte[] pixels = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            pixels[i] = (byte) samples[i];
        }
        return pixels;
    }

    private static byte[] repeated(byte[] grey) {
        byte[] rgb = new byte[3 * grey.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = grey[i / 3];
        }
        return rgb;
    }

    private static byte[] luma(byte[] rgb) {
        byte[] grey = new byte[rgb.length / 3];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = (byte) Math.round(0.299 * Byte.toUnsignedInt(rgb[3 * i])
                    + 0.587 * Byte.toUnsignedInt(rgb[3 * i + 1])
                    + 0.114 * Byte.toUnsignedInt(rgb[3 * i + 2]));
        }
        return grey;
    }
}
