package io.pgstitch.exporter.sink.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.Binds;
import java.util.List;
import org.junit.jupiter.api.Test;

class BindLinesTest {
  private static Bind bind(int position, long oid, String type, BindForm form, String value) {
    Bind bind = new Bind();
    bind.setPosition(position);
    bind.setTypeOid(oid);
    bind.setTypeName(type);
    bind.setForm(form);
    bind.setValue(value);
    bind.setReason("");
    bind.setLength(value.length());
    return bind;
  }

  private static List<String> lines(int total, Bind... binds) {
    return BindLines.of(new Binds(101, total, List.of(binds), 5L));
  }

  @Test
  void aNumberIsBareAndTheTypesOidStands() {
    Bind number = bind(1, 23, "int4", BindForm.TEXT, "-42");
    number.setLength(4L);
    assertThat(lines(1, number))
        .containsExactly(
            "BINDS #101:",
            "",
            " Bind#0",
            "  oacdty=02 mxl=04(04) mxlc=00 mal=00 scl=00 pre=00",
            "  oacflg=03 fl2=1000000 frm=00 csi=23 siz=4 off=0",
            "  kxsbbbfp=0  bln=04  avl=04  flg=01",
            "  value=-42",
            "*** BIND TYPES: #101 0=23:int4");
  }

  @Test
  void aTextIsQuotedOnOneLine() {
    Bind text = bind(1, 25, "text", BindForm.TEXT, "a\"b\n\t\\c\u0001");
    assertThat(lines(1, text)).contains("  value=\"a\"b\\n\\t\\\\c\\u0001\"");
  }

  @Test
  void nullHasNoValueLineAndTheTextNullHas() {
    Bind none = bind(1, 25, "text", BindForm.NONE, "");
    none.setIsNull(true);
    none.setLength(0L);
    assertThat(lines(1, none))
        .noneMatch(l -> l.contains("value"))
        .anyMatch(l -> l.contains("avl=00"))
        .endsWith("*** BIND TYPES: #101 0=25:text,null");
    assertThat(lines(1, bind(1, 25, "text", BindForm.TEXT, "NULL")))
        .endsWith("  value=\"NULL\"", "*** BIND TYPES: #101 0=25:text");
  }

  @Test
  void aCutValueHasMoreLengthThanWasCaptured() {
    Bind cut = bind(1, 25, "text", BindForm.TEXT, "xxxx");
    cut.setCut(true);
    cut.setLength(1_048_576L);
    assertThat(lines(1, cut))
        .contains("  kxsbbbfp=0  bln=04  avl=1048576  flg=01")
        .endsWith("*** BIND TYPES: #101 0=25:text,cut");
  }

  @Test
  void whatWasNotCapturedSaysWhy() {
    Bind toasted = bind(3, 25, "text", BindForm.NONE, "");
    toasted.setReason("toasted");
    toasted.setLength(-1L);
    assertThat(lines(5, toasted))
        .contains(" Bind#2", "  value=(not captured: toasted)")
        .endsWith("*** BINDS LEFT OUT:(4)");
    assertThat(lines(-1)).endsWith("*** BINDS LEFT OUT:(unknown)");
  }

  @Test
  void hexIsRawWithItsOid() {
    Bind hex = bind(1, 16_400, "", BindForm.HEX, "\\x0102");
    hex.setLength(2L);
    assertThat(lines(1, hex))
        .contains("  oacdty=23 mxl=02(02) mxlc=00 mal=00 scl=00 pre=00")
        .anyMatch(l -> l.contains(" csi=16400 "))
        .endsWith("  value=\\x0102", "*** BIND TYPES: #101 0=16400");
  }
}
