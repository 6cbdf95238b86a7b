package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class InOrderTest {
    private final InOrder order = new InOrder();
    private final List<Integer> gone = new ArrayList<>();

    @Test
    void holdsAnAnswerUntilThoseBeforeItAreThere() {
        InOrder.Place first = order.next();
        InOrder.Place second = order.next();
        InOrder.Place third = order.next();
        second.fill(() -> gone.add(2));
        assertThat(gone).isEmpty();
        first.fill(() -> gone.add(1));
        assertThat(gone).containsExactly(1, 2);
        third.fill(() -> gone.add(3));
        assertThat(gone).containsExactly(1, 2, 3);
    }

    @Test
    void letsEveryAnswerGoInOrderHoweverTheyCome() {
        long seed = 7;
        List<InOrder.Place> places = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            places.add(order.next());
            numbers.add(i);
        }
        List<Integer> shuffled = new ArrayList<>(numbers);
        Collections.shuffle(shuffled, new Random(seed));
        shuffled.forEach(number -> places.get(number).fill(() -> gone.add(number)));
        assertThat(gone).as("seed %d", seed).isEqualTo(numbers);
    }
}
