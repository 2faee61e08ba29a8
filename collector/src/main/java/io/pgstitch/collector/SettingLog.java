package io.pgstitch.collector;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.SettingRecord;
import io.pgstitch.schema.Backend;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts how sessions switch themselves, and says which may not; not more than once a second. */
final class SettingLog {
  private static final Logger LOG = LoggerFactory.getLogger(SettingLog.class);
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongAdder switched = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder invalid = new LongAdder();
  private long quietUntil = System.nanoTime();

  void add(KernelEvent event, Backend backend) {
    SettingRecord setting = event.setting();
    String name = new String(setting.name(), StandardCharsets.UTF_8);
    String known = name.toLowerCase(Locale.ROOT);
    if (setting.cause() != SettingRecord.CAUSE_GIVEN
        || !known.equals("pgstitch.level") && !known.equals("pgstitch.functions")) {
      return;
    }
    int properties = setting.properties();
    if ((properties & SettingRecord.REFUSED) != 0) {
      refused.increment();
      warn(event, backend, name, "it may not (control.allow)");
    } else if ((properties & SettingRecord.INVALID) != 0) {
      invalid.increment();
      warn(event, backend, name, "the value means nothing");
    } else {
      switched.increment();
    }
  }

  private void warn(KernelEvent event, Backend backend, String name, String why) {
    long now = System.nanoTime();
    if (now - quietUntil >= 0) {
      quietUntil = now + PAUSE_NANOS;
      LOG.warn(
          "session {} of {} on {} (port {}) wanted {} = '{}': {}",
          backend.getPid(),
          backend.getUser(),
          backend.getDatabase(),
          backend.getServerPort(),
          name,
          new String(event.text(), StandardCharsets.UTF_8),
          why);
    }
  }

  ControlStatus status(int ownProbes) {
    return new ControlStatus(switched.sum(), refused.sum(), invalid.sum(), ownProbes);
  }
}
