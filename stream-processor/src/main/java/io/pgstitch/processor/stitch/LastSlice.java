package io.pgstitch.processor.stitch;

/**
 * The statement that was cut out of a text last: its planning, its portal and its executor tell the
 * same place, one after the other.
 */
final class LastSlice {
  /** A longer text is not held for it. */
  private static final int LONGEST_HELD = 8192;

  private String text = "";
  private int location = -1;
  private int length;
  private String slice = "";

  /** As {@link SourceSlice#of}. */
  @SuppressWarnings("ReferenceEquality") // an equal text is cut anew
  String of(String newText, int newLocation, int newLength) {
    if (newText == text && newLocation == location && newLength == length) {
      return slice;
    }
    String cut = SourceSlice.of(newText, newLocation, newLength);
    if (newText.length() <= LONGEST_HELD) {
      text = newText;
      location = newLocation;
      length = newLength;
      slice = cut;
    }
    return cut;
  }
}
