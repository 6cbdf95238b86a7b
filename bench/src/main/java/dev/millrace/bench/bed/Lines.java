package dev.millrace.bench.bed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The talk between a measured process and its parent: an order is a line of words, an answer a word and JSON. */
public final class Lines {
    private static final JsonMapper JSON = new JsonMapper();

    private Lines() {}

    /** What a child does with an order. */
    public interface Orders {
        /** Obeys one line, by its words. */
        void obey(List<String> words) throws Exception;
    }

    /** Obeys every line of standard input; its end, and an order that fails, ends the process. */
    public static void follow(Orders orders) {
        int status = 0;
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                orders.obey(List.of(line.split(" ")));
            }
        } catch (Exception e) {
            e.printStackTrace();
            status = 1;
        }
        // The parent has gone, or has been told: nothing is worth an orderly end.
        Runtime.getRuntime().halt(status);
    }

    /** Prints an answer. */
    public static void tell(String word, Object answer) throws JsonProcessingException {
        System.out.println(word + " " + JSON.writeValueAsString(answer));
        System.out.flush();
    }

    /** Whether {@code line} is an answer by that word. */
    public static boolean is(String line, String word) {
        return line.startsWith(word + " {");
    }

    /** The answer in a line. */
    public static <T> T read(String line, Class<T> type) throws IOException {
        return JSON.readValue(line.substring(line.indexOf('{')), type);
    }
}
