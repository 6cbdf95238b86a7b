package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an HTTP response, piece by piece, each waited for only so long: the streams of the JDK's client wait for ever. The client's
 * threads put pieces in, one thread takes them out.
 */
final class ResponseBody implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
    /** At most one, and then the end: a piece is asked for when the one before is taken. */
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();

    private final Duration patience;
    private Flow.@Nullable Subscription subscription;
    private boolean closed;

    ResponseBody(Flow.Publisher<List<ByteBuffer>> publisher, Duration patience) {
        this.patience = patience;
        publisher.subscribe(this);
    }

    /**
     * The next bytes.
     *
     * @return empty at the end
     * @throws IOException when the connection breaks off or nothing comes
     */
    List<ByteBuffer> next() throws IOException {
        Piece piece;
        try {
            piece = pieces.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        if (piece == null) {
            throw new IOException("nothing came for " + patience.toSeconds() + " s");
        }
        if (piece.failure != null) {
            throw new IOException(piece.failure.getMessage(), piece.failure);
        }
        request();
        return piece.bytes;
    }

    private synchronized void request() {
        if (subscription != null) {
            subscription.request(1);
        }
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription s) {
        subscription = s;
        if (closed) {
            s.cancel();
        } else {
            s.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        pieces.add(new Piece(bytes, null));
    }

    @Override
    public void onError(Throwable failure) {
        pieces.add(new Piece(List.of(), failure));
    }

    @Override
    public void onComplete() {
        pieces.add(new Piece(List.of(), null));
    }

    /** Ends the connection where it has not ended. */
    @Override
    public synchronized void close() {
        closed = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    private record Piece(List<ByteBuffer> bytes, @Nullable Throwable failure) {}
}
