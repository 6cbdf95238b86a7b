package dev.millrace.infra.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;

/** The list of subcommands in the help, by what one wants to do. */
final class GroupedCommands implements IHelpSectionRenderer {
    private static final int WIDTH = 80;
    private static final int NAME_COLUMNS = 12;

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

    private static String row(String name, CommandLine command) {
        String[] description = command.getCommandSpec().usageMessage().description();
        String row = ("  %-" + NAME_COLUMNS + "s").formatted(name) + (description.length == 0 ? "" : description[0]);
        return row.length() <= WIDTH ? row : row.substring(0, WIDTH - 3) + "...";
    }
}
