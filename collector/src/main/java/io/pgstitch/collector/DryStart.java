package io.pgstitch.collector;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.collector.control.ControlDesk;
import io.pgstitch.collector.control.ControlListener;
import io.pgstitch.collector.control.SessionControl;
import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.encode.CustomWaitNames;
import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.encode.RelationNames;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.collector.probe.ProbePlan;
import io.pgstitch.collector.sampling.SamplingRules;
import io.pgstitch.collector.survey.HostSurvey;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.TracedSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Goes through the parts of a collector's start that need neither root nor a server, for the JVM to
 * note the classes that it takes. Loads nothing into the kernel.
 */
public final class DryStart {
  private static final Path SELF = Path.of("/proc/self/exe");
  private static final int RECORD_BYTES = 4096;

  private DryStart() {}

  private static final class NoSessions implements SessionControl {
    @Override
    public void switchSession(int pid, int level, boolean functions) {
      throw new IllegalArgumentException("there is no session");
    }

    @Override
    public List<TracedSession> sessions(int pid) {
      return List.of();
    }
  }

  /**
   * Connects, sends one batch without events, looks at the host, and ends.
   *
   * @throws CollectorException when Kafka cannot be used
   */
  public static void run(CollectorSettings settings) throws IOException {
    ProbeCatalogue catalogue = ProbeCatalogue.load();
    try (KafkaSide kafka = Aside.begin("dry-start", () -> KafkaSide.connect(settings)).await();
        ControlListener control =
            new ControlListener(
                settings.kafka(),
                settings.schemaRegistry(),
                new ControlDesk(settings.host(), new NoSessions()),
                System::nanoTime)) {
      control.begin();
      HostSurvey unused = HostSurvey.beforeLoading();
      ElfFile elf = ElfFile.read(SELF);
      ProbePlan unusedPlan =
          ProbePlan.of(
              FunctionSymbols.of(elf, Path.of("/")), 0, catalogue, EnumSet.allOf(Probe.Tier.class));
      stream(settings, kafka.sender(), catalogue).signOfLife(null, new ClockAnchor(1L, 1L));
      control.await();
    }
  }

  private static BackendStream stream(
      CollectorSettings settings, BatchSender sender, ProbeCatalogue catalogue) {
    Backend backend =
        Backend.newBuilder()
            .setCluster(settings.cluster())
            .setHost(settings.host())
            .setBootId("")
            .setPid(0)
            .setStartNs(0)
            .setKind(BackendKind.CLIENT)
            .build();
    ByteBuffer empty = ByteBuffer.allocate(RECORD_BYTES).order(ByteOrder.nativeOrder());
    return new BackendStream(
        backend,
        new KernelEvent().moveTo(empty, 0),
        new EventNames(catalogue, PostgresFacts.of(PostgresFacts.SUPPORTED_MAJORS.get(0))),
        ServerEncoding.UTF8,
        new RelationNames().of(0, 0),
        new CustomWaitNames(Map::of, System::nanoTime),
        new StreamSettings(sender.schemaId(), 0, Optional.empty(), new SamplingRules()::of),
        sender);
  }
}
