package dev.millrace.bench.faults;

import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.worker.delivery.DeliveryMode;

/** A campaign's runs as a line on the terminal. The campaign's thread. */
record CampaignLine(ProgressLine line) implements Campaign.Progress {
    @Override
    public void running(int done, String fault, DeliveryMode mode) {
        line.at(done, fault + ", " + mode);
    }

    @Override
    public void close() {
        line.close();
    }
}
