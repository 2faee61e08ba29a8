package io.pgstitch.schema;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/**
 * Tells Avro that the records and enums of this package may be made from data. Without that, Avro
 * 1.12.2 and later refuse to decode them, to copy them ({@code newBuilder(other)}) and to fill in
 * an enum's default in a builder ("not trusted to be included in Avro schemas").
 *
 * <p>What Avro trusts already stays trusted; this adds to it. The serializer and the deserializer
 * do it themselves. Only code that copies records without either of them has to ask for it.
 */
public final class TrustedRecords {
  private static final AtomicBoolean DONE = new AtomicBoolean();

  private TrustedRecords() {}

  /** Trusts our records and enums in this JVM; the second and later calls do nothing. */
  public static void trust() {
    if (DONE.compareAndSet(false, true)) {
      ClassSecurityPredicate ours = TrustedRecords::isOurs;
      ClassSecurityValidator.setGlobal(
          ClassSecurityValidator.composite(ClassSecurityValidator.getGlobal(), ours));
    }
  }

  private static boolean isOurs(Class<?> type) {
    return type.getPackage() == TrustedRecords.class.getPackage()
        && (SpecificRecord.class.isAssignableFrom(type) || type.isEnum());
  }
}
