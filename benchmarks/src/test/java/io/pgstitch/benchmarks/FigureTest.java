package io.pgstitch.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a figure says of its samples. */
class FigureTest {
  @Test
  void whatIsTooNoisyHasNoValueAndSaysSo() {
    Figure figure = Figure.of("f", Samples.of(1, 100, 200), "us").against(Target.atMost(1_000));

    assertThat(figure.value()).isEmpty();
    assertThat(figure.met()).isEmpty();
    assertThat(figure.note()).contains("too noisy");
  }

  @Test
  void aDifferenceIsHeldAgainstTheWholeItIsAPartOf() {
    Samples added = Samples.of(-1, 0.5, 1);

    assertThat(Figure.of("f", added, "us").value()).isEmpty();
    assertThat(Figure.of("f", added, "us", 100).value()).hasValue(0.5);
  }

  @Test
  void aTargetWithinTheSpreadIsNeitherMetNorMissed() {
    Figure figure = Figure.of("f", Samples.of(0.8, 0.9, 1.0, 1.1, 1.2), "s");

    assertThat(figure.against(Target.atMost(1)).met()).isEmpty();
    assertThat(figure.against(Target.atMost(1)).note()).contains("within the spread");
    assertThat(figure.against(Target.atMost(2)).met()).contains(true);
    assertThat(figure.against(Target.atMost(0.5)).met()).contains(false);
    assertThat(figure.against(Target.atLeast(0.5)).met()).contains(true);
    assertThat(figure.against(Target.atLeast(2)).met()).contains(false);
  }

  @Test
  void jsonHasNullForWhatIsNotThere() throws Exception {
    String json =
        new FigureReport(
                List.of(
                    Figure.of("good", Samples.of(2, 2, 2), "us")
                        .comparedWith(Samples.of(1.5, 1.5, 1.5))
                        .against(Target.atMost(3)),
                    Figure.none("bad", "us", "this is a virtual machine")))
            .json();

    JsonNode list = new ObjectMapper().readTree(json);
    assertThat(list.get(0).get("name").asText()).isEqualTo("good");
    assertThat(list.get(0).get("value").asDouble()).isEqualTo(2);
    assertThat(list.get(0).get("unit").asText()).isEqualTo("us");
    assertThat(list.get(0).get("spread").asDouble()).isZero();
    assertThat(list.get(0).get("ratio").asDouble()).isEqualTo(1.5);
    assertThat(list.get(0).get("target").asText()).isEqualTo("<= 3");
    assertThat(list.get(0).get("met").asBoolean()).isTrue();
    assertThat(list.get(0).get("samples").asInt()).isEqualTo(3);
    assertThat(list.get(1).get("value").isNull()).isTrue();
    assertThat(list.get(1).get("target").isNull()).isTrue();
    assertThat(list.get(1).get("met").isNull()).isTrue();
    assertThat(list.get(1).get("note").asText()).isEqualTo("this is a virtual machine");
  }

  @Test
  void theTableAlignsItsColumnsAndMarkdownHasAsManyAsItsHead() {
    FigureReport report =
        new FigureReport(
            List.of(
                Figure.of("a", Samples.of(1234567), "events/s"),
                Figure.of("a.longer.name", Samples.of(0.1234), "us").against(Target.atMost(1))));

    List<String> table = report.table();
    assertThat(table.get(1)).contains("1,234,567  events/s");
    assertThat(table.get(2)).contains("0.123  us").contains("<= 1").contains("yes");
    assertThat(table.get(1).indexOf("events/s")).isEqualTo(table.get(2).indexOf("us"));
    List<String> markdown = report.markdown(true);
    assertThat(markdown.get(0)).contains("quick").contains("Linux");
    assertThat(markdown.subList(2, markdown.size()))
        .allMatch(line -> line.chars().filter(c -> c == '|').count() == 10);
  }
}
