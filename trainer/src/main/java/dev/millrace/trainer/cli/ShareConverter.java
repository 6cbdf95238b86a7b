package dev.millrace.trainer.cli;

import dev.millrace.schemas.registry.Split;
import java.math.BigDecimal;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 10%} or {@code 0.5%} as a share of {@link Split#WHOLE}. */
final class ShareConverter implements ITypeConverter<Integer> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,3}(?:\\.[0-9]{1,2})?)%");
    private static final int PER_PERCENT = Split.WHOLE / 100;

    @Override
    public Integer convert(String text) {
        var form = FORM.matcher(text);
        int share = form.matches()
                ? new BigDecimal(form.group(1))
                        .multiply(BigDecimal.valueOf(PER_PERCENT))
                        .intValueExact()
                : 0;
        if (share < 1 || share > Split.WHOLE) {
            throw new TypeConversionException(text + " (expected: a share such as 1%, 0.5% or 100%, at least 0.01%)");
        }
        return share;
    }
}
