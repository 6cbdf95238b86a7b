package dev.millrace.infra.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;

/** The list of subcommands in the help, by what one wants to do. */
final class GroupedCommands implements IHelpSectionRenderer {
    private static final int WIDTH = 80;
    private static final int NAME_COLUMNS = 14;
    private static final Pattern END_OF_CLAUSE = Pattern.compile("[.;:] |[.]$");

    private final Map<String, List<String>> groups = new LinkedHashMap<>();

    GroupedCommands group(String heading, String... commands) {
        groups.put(heading, List.of(commands));
        return this;
    }

    @Override
    public String render(Help help) {
        StringBuilder text = new StringBuilder();
        Map<String, CommandLine> commands = help.commandSpec().subcommands();
        groups.forEach((heading, names) -> {
            text.append(System.lineSeparator()).append(heading).append(System.lineSeparator());
            for (String name : names) {
                CommandLine command = commands.get(name);
                if (command != null) {
                    text.append(row(name, command)).append(System.lineSeparator());
                }
            }
        });
        return text.toString();
    }

    /** The first clause of the command's description, wrapped beside its name. */
    private static String row(String name, CommandLine command) {
        String[] description = command.getCommandSpec().usageMessage().description();
        String clause = END_OF_CLAUSE.split(String.join(" ", description), 2)[0];
        StringBuilder text = new StringBuilder(("  %-" + NAME_COLUMNS + "s").formatted(name));
        int column = text.length();
        for (String word : clause.split(" ")) {
            if (column + word.length() > WIDTH) {
                text.append(System.lineSeparator()).append(" ".repeat(NAME_COLUMNS + 2));
                column = NAME_COLUMNS + 2;
            }
            text.append(word).append(' ');
            column += word.length() + 1;
        }
        return text.toString().replaceAll(" +(\\R|$)", "$1");
    }
}
