package dev.millrace.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * One HTML file that needs nothing else: results, style, the plots' library (uPlot, MIT licence, whose notice stays in it) and the script
 * that draws.
 */
final class HtmlReport {
    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

    private HtmlReport() {}

    static String of(Results results) throws IOException {
        return resource("report.html")
                .replace("/* uplot.css */", resource(UPLOT + "uPlot.min.css"))
                .replace("/* report.css */", resource("report.css"))
                // A script ends at the first "</", wherever that stands.
                .replace("/* results.json */", results.json().replace("</", "<\\/"))
                .replace("/* uplot.js */", resource(UPLOT + "uPlot.iife.min.js"))
                .replace("/* report.js */", resource("report.js"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("resource: " + name + " is not in this build (expected: packed with it)");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
