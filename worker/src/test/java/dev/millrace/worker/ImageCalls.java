package dev.millrace.worker;

import static java.util.Map.entry;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.WireDeserializer;
import dev.millrace.schemas.wire.WireSerializer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;

// producer/README.md begins here.
@Configuration
class ImageCalls {
    private final String brokers;
    private final String requests;

    ImageCalls(
            @Value("${spring.kafka.bootstrap-servers}") String brokers,
            @Value("${millrace.requests:millrace.requests}") String requests) {
        this.brokers = brokers;
        this.requests = requests;
    }

    @Bean
    ProducerFactory<String, ImageRequest> imageRequests() {
        return new DefaultKafkaProducerFactory<>(Map.of(
                "bootstrap.servers", brokers,
                "key.serializer", StringSerializer.class,
                "value.serializer", WireSerializer.class));
    }

    @Bean
    ConcurrentMessageListenerContainer<String, InferenceResult> imageReplies() {
        // A group of its own: every instance sees every reply and takes those that it waits for.
        String group = "image-calls-" + UUID.randomUUID();
        var factory = new ConcurrentKafkaListenerContainerFactory<String, InferenceResult>();
        factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(Map.ofEntries(
                entry("bootstrap.servers", brokers),
                entry("group.id", group),
                entry("auto.offset.reset", "latest"),
                entry("isolation.level", "read_committed"),
                entry("key.deserializer", StringDeserializer.class),
                entry("value.deserializer", WireDeserializer.class),
                entry(WireDeserializer.RECORD, "InferenceResult"))));
        var container = factory.createContainer("millrace.replies");
        container.setAutoStartup(false); // The template starts it.
        return container;
    }

    @Bean
    ReplyingKafkaTemplate<String, ImageRequest, InferenceResult> imageTemplate() {
        var template = new ReplyingKafkaTemplate<>(imageRequests(), imageReplies());
        template.setSharedReplyTopic(true);
        template.setDefaultReplyTimeout(Duration.ofSeconds(30));
        return template;
    }

    InferenceResult classify(byte[] png) throws ExecutionException, InterruptedException {
        String id = UUID.randomUUID().toString();
        ImageRequest request = ImageRequest.newBuilder()
                .setRequestId(id)
                .setEncoding(ImageEncoding.PNG)
                .setWidth(0)
                .setHeight(0)
                .setChannels(0)
                .setBytes(ByteBuffer.wrap(png))
                .setCreatedAt(Instant.now())
                .build();
        return imageTemplate()
                .sendAndReceive(new ProducerRecord<>(requests, id, request))
                .get()
                .value();
    }
}
// producer/README.md ends here.
