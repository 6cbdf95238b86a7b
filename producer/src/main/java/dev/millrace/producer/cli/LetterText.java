package dev.millrace.producer.cli;

import static dev.millrace.producer.cli.LetterRow.orDash;

import dev.millrace.producer.deadletter.DeadLetter;
import dev.millrace.producer.deadletter.OriginalRequests;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.schemas.wire.WireTerms;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** A letter for people: everything it says, safe for a terminal, in lines of at most 80 columns. */
final class LetterText {
    private static final int WIDTH = 80;
    private static final int LABEL = 13;
    private static final int INDENT = 2;
    private static final int NAME = 30;

    private final StringBuilder text = new StringBuilder();

    private final WireTerms wire;

    private LetterText(WireTerms wire) {
        this.wire = wire;
    }

    static String of(DeadLetter letter, OriginalRequests.Lookup original, WireTerms wire) {
        LetterText shown = new LetterText(wire);
        shown.letter(letter);
        shown.headers(letter);
        shown.request(letter, original);
        return shown.text.toString();
    }

    private void letter(DeadLetter letter) {
        line("letter", letter.name());
        line("time", letter.time().toString());
        line("key", readable(letter.key()));
        line("source", String.valueOf(letter.source()));
        line("reason", orDash(letter.reason()));
        line("stage", orDash(letter.text(WireHeaders.ERROR_STAGE)));
        line("worker", orDash(letter.text(WireHeaders.ERROR_WORKER)));
        line("message", orDash(letter.text(WireHeaders.DLQ_PREFIX + "message")));
        line("replays", Integer.toString(letter.replays()));
    }

    private void headers(DeadLetter letter) {
        text.append(String.format("headers%n"));
        for (Header header : letter.headers()) {
            entry(header.key(), readable(header.value()));
        }
    }

    private void request(DeadLetter letter, OriginalRequests.Lookup original) {
        if (!(original instanceof OriginalRequests.Found found)) {
            line("request", ((OriginalRequests.Gone) original).why());
            return;
        }
        String from = letter.payload() == null ? " bytes, left out of the letter, read at its source" : " bytes";
        line("request", found.payload().length + from);
        try {
            fields(DeadLetter.decode(found.payload(), wire));
        } catch (MalformedRecordException | SchemaUnresolvedException e) {
            entry("not readable", orDash(e.getMessage()));
        }
    }

    private void fields(ImageRequest request) {
        entry("requestId", request.getRequestId());
        entry("model", request.getModel().isEmpty() ? "the worker's default" : request.getModel());
        entry(
                "version",
                request.getVersion() == null
                        ? "the live one"
                        : request.getVersion().toString());
        entry("encoding", request.getEncoding().toString());
        entry(
                "width x height x channels",
                request.getWidth() + " x " + request.getHeight() + " x " + request.getChannels());
        entry("bytes", Integer.toString(request.getBytes().remaining()));
        entry("crc32c", request.getCrc32c() == null ? "-" : request.getCrc32c().toString());
        entry("createdAt", request.getCreatedAt().toString());
        entry(
                "deadline",
                request.getDeadline() == null ? "-" : request.getDeadline().toString());
        request.getTags().forEach((name, value) -> entry("tag " + name, value));
    }

    private void line(String label, String value) {
        append(String.format("%-" + LABEL + "s", label), value);
    }

    private void entry(String name, String value) {
        append(" ".repeat(INDENT) + String.format("%-" + NAME + "s ", SafeText.fit(name, NAME)), value);
    }

    /** The value beside its label, its rest below, at whatever column the width is reached. */
    private void append(String label, String value) {
        String rest = SafeText.of(value);
        int room = WIDTH - label.length();
        String start = label;
        do {
            int taken = Math.min(room, rest.length());
            text.append(String.format("%s%n", (start + rest.substring(0, taken)).stripTrailing()));
            rest = rest.substring(taken);
            start = " ".repeat(label.length());
        } while (!rest.isEmpty());
    }

    /** Text where the bytes are UTF-8, else hexadecimal digits. */
    private static String readable(byte @Nullable [] bytes) {
        if (bytes == null) {
            return "-";
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return "0x" + HexFormat.of().formatHex(bytes);
        }
    }
}
