package dev.millrace.infra;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The checkout's Markdown pages: their links lead somewhere, and their contents are complete. */
class ReadmePagesTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> NOT_OURS = Set.of("target", "node_modules", "venv", "runs");

    private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^```.*?^```$");
    private static final Pattern CODE_SPAN = Pattern.compile("`[^`]*`");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.+)$");
    private static final Pattern SECTION = Pattern.compile("(?m)^## (.+)$");
    private static final Pattern LINK = Pattern.compile("\\[([^\\[\\]]*)]\\(([^()\\s]+)\\)");
    private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*");

    @Test
    void everyLinkLeadsToAFileAndASectionOfTheCheckout() throws IOException {
        List<String> broken = new ArrayList<>();
        List<Path> pages = pages();
        assertThat(pages).contains(ROOT.resolve("README.md"), ROOT.resolve("bench/peers/decode/README.md"));
        for (Path page : pages) {
            for (String link : links(prose(page))) {
                if (!ELSEWHERE.matcher(link).matches() && !leadsSomewhere(page, link)) {
                    broken.add(ROOT.relativize(page) + ": " + link);
                }
            }
        }

        assertThat(broken).as("links to a file or section that is not there").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "README.md",
                "worker/README.md",
                "producer/README.md",
                "trainer/README.md",
                "bench/README.md",
                "infra/README.md"
            })
    void contentsNameEverySection(String name) throws IOException {
        String page = prose(ROOT.resolve(name));
        List<String> contents = links(page.substring(0, page.indexOf("\n## ")));

        assertThat(SECTION.matcher(page).results().map(section -> "#" + anchor(section.group(1))))
                .isNotEmpty()
                .allSatisfy(section -> assertThat(contents).contains(section));
    }

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                boolean ours = folder.equals(ROOT) || !(name.startsWith(".") || NOT_OURS.contains(name));
                return ours ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".md")) {
                    pages.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return pages;
    }

    private static boolean leadsSomewhere(Path page, String link) throws IOException {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = page.resolveSibling(file).normalize();
        if (file.isEmpty()) {
            target = page;
        }
        if (!target.startsWith(ROOT) || !Files.exists(target)) {
            return false;
        }
        return hash < 0
                || (Files.isRegularFile(target) && anchors(prose(target)).contains(link.substring(hash + 1)));
    }

    /** A page without its code blocks. */
    private static String prose(Path page) throws IOException {
        return CODE_BLOCK.matcher(Files.readString(page)).replaceAll("");
    }

    private static List<String> links(String prose) {
        return LINK.matcher(CODE_SPAN.matcher(prose).replaceAll("code"))
                .results()
                .map(link -> link.group(2))
                .toList();
    }

    private static Set<String> anchors(String prose) {
        TreeMap<String, Integer> seen = new TreeMap<>();
        Set<String> anchors = new TreeSet<>();
        HEADING.matcher(prose)
                .results()
                .map(heading -> anchor(heading.group(1)))
                .forEach(anchor -> {
                    int before = seen.merge(anchor, 1, Integer::sum) - 1;
                    anchors.add(before == 0 ? anchor : anchor + "-" + before);
                });
        return anchors;
    }

    /** What GitHub calls a heading's anchor: lower case, spaces as hyphens, no other punctuation. */
    private static String anchor(String heading) {
        return LINK.matcher(heading)
                .replaceAll("$1")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }
}
