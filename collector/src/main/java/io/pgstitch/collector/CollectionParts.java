package io.pgstitch.collector;

import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.LevelRule;
import io.pgstitch.collector.Preparation.Prepared;
import io.pgstitch.collector.control.ControlDesk;
import io.pgstitch.collector.control.ControlListener;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.encode.RelationNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.DatabaseEncodings;
import io.pgstitch.collector.host.NamespacePids;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.host.SystemIdentifiers;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.probe.BinaryAttacher;
import io.pgstitch.collector.probe.BinaryDescriber;
import io.pgstitch.collector.probe.FirstLooks;
import io.pgstitch.collector.probe.SessionProbes;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The parts of a collection, made and connected to each other. None has begun: no probe is planted
 * and no thread runs.
 *
 * @param rules of levels, as they hold for the processes of now
 * @param servers what runs on the host, and its probes
 * @param probes of single sessions
 * @param named backends that the settings name
 * @param sessions switches them
 * @param pump moves events into batches
 * @param rescan looks for what came and went
 * @param control hears commands, if it may
 */
record CollectionParts(
    List<LevelRule> rules,
    ServerWatch servers,
    SessionProbes probes,
    NamedBackends named,
    SessionSwitch sessions,
    EventPump pump,
    Rescan rescan,
    Optional<ControlListener> control) {

  /**
   * Makes them.
   *
   * @throws CollectorException when this host cannot be told from others
   */
  static CollectionParts of(CollectorSettings settings, Prepared prepared) {
    long epoch = HostClock.monotonicNanos();
    KernelPrograms programs = prepared.kernel().programs();
    TracePlan plan = prepared.kernel().plan();
    Backend origin = origin(settings);
    Procfs procfs = Procfs.system();
    List<LevelRule> rules = LevelRules.ofNow(settings.control().rules(), procfs);
    BackendProbe backends = new BackendProbe(procfs);
    BinaryAttacher attacher = attacher(settings, prepared.kernel(), backends);
    FirstLooks firstLooks = new FirstLooks(programs, backends, plan.waits());
    ServerWatch servers =
        new ServerWatch(
            new ServerFinder(procfs),
            backends,
            attacher,
            firstLooks,
            settings.pids(),
            System::nanoTime);
    SessionProbes probes = new SessionProbes(programs, attacher, procfs, plan.waits());
    SeenSessions seen = new SeenSessions();
    SessionSwitch sessions =
        new SessionSwitch(
            settings.pids(),
            settings.control().anyone(),
            programs,
            servers,
            probes,
            firstLooks,
            seen,
            new SessionDirectory(
                origin,
                servers,
                backends,
                procfs,
                seen,
                settings.pids(),
                new FirstLevel(rules, plan.level()),
                settings.detail()),
            procfs);
    RelationNames relations = new RelationNames();
    BackendStreams streams =
        new BackendStreams(
            origin,
            servers,
            new NamespacePids(procfs),
            new DatabaseEncodings(procfs),
            new SystemIdentifiers(procfs),
            relations,
            backends,
            streamSettings(settings, epoch, prepared.kafka()),
            prepared.kafka().sender());
    EventPump pump =
        new EventPump(
            programs,
            streams,
            servers,
            probes,
            seen,
            relations,
            WaitWatch.of(settings, programs),
            new LockHolders(new NamespacePids(procfs)),
            settings.flushInterval());
    return new CollectionParts(
        rules,
        servers,
        probes,
        new NamedBackends(servers, probes, firstLooks, procfs),
        sessions,
        pump,
        new Rescan(servers, probes, seen, procfs),
        control(settings, sessions));
  }

  /** What the backends of this host have in common. */
  private static Backend origin(CollectorSettings settings) {
    return Backend.newBuilder()
        .setCluster(settings.cluster())
        .setHost(settings.host())
        .setBootId(bootId())
        .setPid(0)
        .setStartNs(0)
        .setKind(BackendKind.CLIENT)
        .build();
  }

  private static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).trim();
    } catch (IOException e) {
      throw new CollectorException("cannot read the boot id: is /proc mounted?", e);
    }
  }

  private static BinaryAttacher attacher(
      CollectorSettings settings, KernelSide kernel, BackendProbe backends) {
    BinaryDescriber describer =
        new BinaryDescriber(
            kernel.programs(), settings.bindBytes(), BackgroundKind.bits(settings.background()));
    return new BinaryAttacher(
        kernel.programs(),
        kernel.plan().catalogue(),
        kernel.plan().tiers(),
        backends,
        describer,
        settings.facts());
  }

  private static StreamSettings streamSettings(
      CollectorSettings settings, long epoch, KafkaSide kafka) {
    Optional<LiteralMask> mask =
        settings.maskLiterals() ? Optional.of(new LiteralMask()) : Optional.empty();
    return new StreamSettings(kafka.sender().schemaId(), epoch, mask, kafka.rules()::of);
  }

  private static Optional<ControlListener> control(
      CollectorSettings settings, SessionSwitch sessions) {
    return settings.controlTopic()
        ? Optional.of(
            new ControlListener(
                settings.kafka(),
                settings.schemaRegistry(),
                new ControlDesk(settings.host(), sessions),
                HostClock::utcNanos))
        : Optional.empty();
  }
}
