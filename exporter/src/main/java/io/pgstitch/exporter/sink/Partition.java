package io.pgstitch.exporter.sink;

/**
 * Where records come from.
 *
 * @param topic name of the topic
 * @param topicId id the cluster gave to this topic; a topic that is deleted and made again under
 *     the same name has another one, so a sink that remembers offsets is not misled
 * @param number partition, from 0
 */
public record Partition(String topic, String topicId, int number) {
  @Override
  public String toString() {
    return topic + "-" + number;
  }
}
