package io.pgstitch.collector.encode;

import java.util.Objects;
import java.util.function.Consumer;

/** Values by a number: a map that takes no object for a look-up. Not thread-safe. */
public final class ByNumber<V> {
  private static final int SMALLEST = 16;

  private int[] numbers = new int[SMALLEST];
  private Object[] values = new Object[SMALLEST];
  private int size;

  /** The value of a number, or null. */
  public V get(int number) {
    return at(place(number));
  }

  /**
   * Sets the value of a number.
   *
   * @return what it had before, or null
   */
  public V put(int number, V value) {
    Objects.requireNonNull(value);
    int place = place(number);
    V before = at(place);
    values[place] = value;
    numbers[place] = number;
    if (before == null && ++size * 2 > values.length) {
      grow();
    }
    return before;
  }

  /**
   * Takes a number's value out.
   *
   * @return the value, or null when there was none
   */
  public V remove(int number) {
    int hole = place(number);
    V removed = at(hole);
    if (removed == null) {
      return null;
    }
    size--;
    int mask = values.length - 1;
    // Those behind it that could stand here move up: a search ends at the first empty place.
    for (int next = hole + 1 & mask; values[next] != null; next = next + 1 & mask) {
      int away = next - home(numbers[next]) & mask;
      if (away >= (next - hole & mask)) {
        values[hole] = values[next];
        numbers[hole] = numbers[next];
        hole = next;
      }
    }
    values[hole] = null;
    return removed;
  }

  /** How many numbers have a value. */
  public int size() {
    return size;
  }

  /** Shows each value, in no order; none may be put in or taken out meanwhile. */
  public void forEach(Consumer<? super V> use) {
    for (int i = 0; i < values.length; i++) {
      V value = at(i);
      if (value != null) {
        use.accept(value);
      }
    }
  }

  /** Where the number stands, or would. */
  private int place(int number) {
    int mask = values.length - 1;
    int place = home(number);
    while (values[place] != null && numbers[place] != number) {
      place = place + 1 & mask;
    }
    return place;
  }

  private int home(int number) {
    int mixed = number * 0x9E3779B9;
    return (mixed ^ mixed >>> 16) & values.length - 1;
  }

  @SuppressWarnings("unchecked") // only put() writes there
  private V at(int place) {
    return (V) values[place];
  }

  private void grow() {
    int[] oldNumbers = numbers;
    Object[] oldValues = values;
    numbers = new int[2 * oldNumbers.length];
    values = new Object[2 * oldValues.length];
    for (int i = 0; i < oldValues.length; i++) {
      if (oldValues[i] != null) {
        int place = place(oldNumbers[i]);
        numbers[place] = oldNumbers[i];
        values[place] = oldValues[i];
      }
    }
  }
}
