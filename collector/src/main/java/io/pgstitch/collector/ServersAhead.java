package io.pgstitch.collector;

import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.probe.BinaryReader;

/**
 * The servers that run already are looked at while Kafka and the kernel are waited for: what is
 * read of their executables needs neither.
 *
 * @param finder knows their versions
 * @param reader has read what they run
 */
record ServersAhead(ServerFinder finder, BinaryReader reader) {
  static ServersAhead look(CollectorSettings settings) {
    ServerFinder finder = new ServerFinder(Procfs.system());
    BinaryReader reader = new BinaryReader(settings.facts());
    finder.find().forEach(reader::readAhead);
    return new ServersAhead(finder, reader);
  }
}
