package io.pgstitch.processor.stitch;

import io.pgstitch.schema.ActivityState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** A client that does whatever the seed says, by both protocols, with errors and cursors. */
final class RandomScript {
  private final Random random;
  private final BackendScript script = new BackendScript();
  private final List<Portal> waiting = new ArrayList<>();
  private final Set<Long> bound = new HashSet<>();
  private boolean inTransaction;
  private boolean rollsBack;
  private boolean binds;
  private boolean syncs;

  private record Portal(long address, long query, String text) {}

  RandomScript(long seed) {
    this.random = new Random(seed);
  }

  /** An aborted transaction is ended by a ROLLBACK, as servers demand. */
  RandomScript rollingBack() {
    rollsBack = true;
    return this;
  }

  /** The first run of each executor has a bind value, and the level asks for it. */
  RandomScript binding() {
    binds = true;
    script.level(12);
    return this;
  }

  /** Each Execute with a row limit is followed by a Sync, as drivers do. */
  RandomScript syncing() {
    syncs = true;
    return this;
  }

  BackendScript write() {
    if (random.nextInt(4) == 0) {
      script.begunBefore();
      noise();
      script.call("standard_planner");
    }
    int messages = 1 + random.nextInt(8);
    for (int i = 0; i < messages; i++) {
      noise();
      switch (random.nextInt(9)) {
        case 0, 1 -> simple();
        case 2, 3 -> extended();
        case 4 -> fetchSome();
        case 5 -> continueFetch();
        case 6 -> failing();
        case 7 -> parseOnly();
        default -> utility();
      }
      if (random.nextInt(3) > 0) {
        script.clientRead(2_000 + random.nextInt(90_000));
      }
    }
    if (inTransaction && random.nextBoolean()) {
      endTransaction();
    }
    return script.backendEnd();
  }

  private String text() {
    return "select " + random.nextInt(3) + " /* é */";
  }

  private void noise() {
    if (random.nextInt(3) == 0) {
      script.after(200 + random.nextInt(5_000));
    }
    if (random.nextInt(4) == 0) {
      script.hits(1 + random.nextInt(9));
    }
    if (random.nextInt(3) == 0) {
      script.waits("IO", "DataFileRead", 100 + random.nextInt(30_000));
    }
  }

  private void simple() {
    int statements = 1 + random.nextInt(3);
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < statements; i++) {
      all.append(i == 0 ? "" : ";").append(text());
    }
    script.running(all.toString());
    noise();
    script.call("pg_parse_query");
    int place = 0;
    for (int i = 0; i < statements; i++) {
      String one = all.toString().split(";", -1)[i];
      int bytes = one.getBytes(StandardCharsets.UTF_8).length;
      boolean select = random.nextBoolean();
      script.call("parse_analyze_fixedparams");
      noise();
      script.enter("standard_planner");
      if (random.nextInt(4) == 0) {
        nested(1);
      }
      script.exit();
      Portal portal = new Portal(script.newObject(), script.newObject(), "");
      script.portal(portal.address, select ? "SELECT" : "INSERT", "", place, bytes);
      place += bytes + 1;
      run(portal, select);
      boolean last = i == statements - 1;
      if (last && !inTransaction) {
        if (random.nextInt(3) == 0) {
          nested(1);
        }
        script.transactionEnd(true);
      }
      noise();
      script.commandEnd(select ? "SELECT" : "INSERT", 3);
      noise();
    }
    idle();
  }

  private void run(Portal portal, boolean select) {
    if (select) {
      script.ownStart(portal.address, portal.query, 1);
      script.enter("PortalRun", portal.address);
      noiseInBetween();
      script.enter("standard_ExecutorRun", portal.query);
      bound(portal.query);
      body(2);
      script.exit(3).exit();
      noise();
      script.endOfPortal(portal.address, portal.query);
    } else {
      script.enter("PortalStart", portal.address).exit();
      script.enter("PortalRun", portal.address);
      script.statement(portal.query, "", 3, -1, 0).exit();
      script.enter("standard_ExecutorRun", portal.query);
      bound(portal.query);
      body(2);
      script.exit(3);
      script.enter("standard_ExecutorFinish", portal.query);
      body(1);
      script.exit();
      script.enter("standard_ExecutorEnd", portal.query).exit().exit();
      script.enter("PortalDrop", portal.address);
      script.longjmp(script.depth() - 1);
    }
  }

  private void body(int levels) {
    int things = random.nextInt(4);
    for (int i = 0; i < things; i++) {
      noise();
      if (levels > 0 && random.nextInt(2) == 0) {
        nested(levels);
      } else if (random.nextInt(3) == 0) {
        script.enter("ExecProcNode");
        noise();
        script.exit();
      }
    }
  }

  private void boundBody(int levels) {
    bound(0);
    body(levels);
  }

  private void bound(long query) {
    if (binds) {
      script.binds(query, "v" + random.nextInt(100));
    }
  }

  /** Where no run has a value, nothing comes, so that other scripts stay what they are. */
  private void noiseInBetween() {
    if (binds) {
      noise();
    }
  }

  /** It may be planned before, now or for later; and more than once. */
  private void planning(String text, int command, int levels) {
    for (int i = random.nextInt(3); i > 0; i--) {
      script.planning(random.nextInt(4) == 0 ? "select other" : text, command, -1, 0);
      noise();
      if (levels > 1 && random.nextInt(4) == 0) {
        nested(levels - 1);
      }
      script.exit();
      noise();
    }
  }

  private void nested(int levels) {
    int depth = script.depth();
    switch (random.nextInt(5)) {
      case 0 -> {
        script.statement(0, "set x = 1", 6, -1, 0);
        noise();
        script.exit();
      }
      case 1 -> {
        // A cursor loop: its body runs between its fetches.
        long query = script.newObject();
        script.enter("PortalStart", 7).statement(query, "select loop", 1, -1, 0).exit().exit();
        for (int i = 0; i < 2; i++) {
          script.enter("standard_ExecutorRun", query);
          if (i == 0) {
            bound(query);
          }
          noise();
          script.exit(10);
          if (levels > 1) {
            nested(levels - 1);
          }
        }
        script.enter("standard_ExecutorFinish", query).exit();
        script.enter("standard_ExecutorEnd", query).exit();
      }
      case 2 -> {
        // An error that is caught: what was open is left.
        long query = script.newObject();
        script.statement(query, "insert fails", 3, -1, 0).exit();
        script.enter("standard_ExecutorRun", query);
        bound(query);
        body(levels - 1);
        script.longjmp(depth);
      }
      case 3 -> {
        planning("update t", 2, levels);
        script.nested("update t", 2, 1, () -> boundBody(levels - 1));
      }
      default -> {
        planning("select n", 1, levels);
        script.nested("select n", 1, 2, () -> boundBody(levels - 1));
      }
    }
  }

  private void extended() {
    String text = text();
    if (random.nextBoolean()) {
      script.running(text).call("pg_parse_query").call("parse_analyze_varparams");
      think();
    }
    bindAndExecute(text, random.nextBoolean());
    sync();
  }

  private void bindAndExecute(String text, boolean select) {
    Portal portal = bind(text, select);
    think();
    script.running(text);
    noise();
    runBound(portal, select);
    script.commandEnd(select ? "SELECT" : "INSERT", 5);
  }

  private Portal bind(String text, boolean select) {
    script.running(text);
    if (random.nextBoolean()) {
      script.call("standard_planner");
    }
    Portal portal = new Portal(script.newObject(), script.newObject(), text);
    script.portal(portal.address, select ? "SELECT" : "INSERT", "s1", -1, 0);
    if (select) {
      script.ownStart(portal.address, portal.query, 1);
    } else {
      script.enter("PortalStart", portal.address).exit();
    }
    noise();
    return portal;
  }

  private void runBound(Portal portal, boolean select) {
    script.enter("PortalRun", portal.address);
    if (!select) {
      script.statement(portal.query, "", 3, -1, 0).exit();
    }
    noiseInBetween();
    script.enter("standard_ExecutorRun", portal.query);
    if (bound.add(portal.query)) {
      bound(portal.query);
    }
    body(2);
    script.exit(5);
    if (!select) {
      script.enter("standard_ExecutorFinish", portal.query).exit();
      script.enter("standard_ExecutorEnd", portal.query).exit();
    }
    script.exit();
  }

  private void think() {
    if (random.nextInt(3) == 0) {
      script.clientRead(1_000 + random.nextInt(20_000));
    }
  }

  private void sync() {
    if (!inTransaction) {
      if (random.nextInt(3) == 0) {
        nested(1);
      }
      script.transactionEnd(true);
    }
    idle();
  }

  private void idle() {
    noise();
    if (inTransaction) {
      script.idleInTransaction();
    } else {
      script.idle();
    }
  }

  private void fetchSome() {
    inTransaction = true;
    String text = text();
    Portal portal = bind(text, true);
    think();
    script.running(text);
    runBound(portal, true);
    waiting.add(portal);
    boolean sync = random.nextInt(3) > 0;
    if (sync || syncs) {
      idle();
    }
  }

  private void continueFetch() {
    if (waiting.isEmpty()) {
      fetchSome();
      return;
    }
    Portal portal = waiting.get(random.nextInt(waiting.size()));
    script.running(portal.text);
    noise();
    runBound(portal, true);
    if (random.nextBoolean()) {
      waiting.remove(portal);
      script.commandEnd("SELECT", 5);
    }
    idle();
  }

  private void endTransaction() {
    script.running("commit").call("pg_parse_query").call("parse_analyze_fixedparams");
    long address = script.newObject();
    script.portal(address, "COMMIT").enter("PortalStart", address).exit();
    script.enter("PortalRun", address).statement(0, "", 6, -1, 0).exit().exit();
    for (Portal portal : waiting) {
      script.endOfPortal(portal.address, portal.query);
    }
    waiting.clear();
    script.transactionEnd(true).commandEnd("COMMIT", 0);
    inTransaction = false;
    idle();
  }

  private void failing() {
    script.running(text()).call("pg_parse_query");
    if (random.nextBoolean()) {
      script.call("parse_analyze_fixedparams").call("standard_planner");
      Portal portal = new Portal(script.newObject(), script.newObject(), "");
      script.portal(portal.address, "SELECT").ownStart(portal.address, portal.query, 1);
      script.enter("PortalRun", portal.address);
      noiseInBetween();
      script.enter("standard_ExecutorRun", portal.query);
      bound(portal.query);
      body(2);
      if (random.nextBoolean()) {
        script.statement(script.newObject(), "select nested", 1, -1, 0);
      }
    }
    script.error("22012").transactionEnd(false);
    waiting.clear();
    if (inTransaction) {
      script.activity(ActivityState.IDLE_IN_ABORTED_TRANSACTION, "");
      if (rollsBack) {
        rollback();
      }
    } else {
      script.idle();
    }
    inTransaction = false;
  }

  private void rollback() {
    script.running("rollback").call("pg_parse_query").call("parse_analyze_fixedparams");
    long address = script.newObject();
    script.portal(address, "ROLLBACK").enter("PortalStart", address).exit();
    script.enter("PortalRun", address).statement(0, "", 6, -1, 0).exit().exit();
    script.commandEnd("ROLLBACK", 0).idle();
  }

  private void parseOnly() {
    String text = text();
    script.running(text).call("pg_parse_query").call("parse_analyze_varparams");
    if (random.nextBoolean()) {
      script.running(text).call("pg_parse_query").call("parse_analyze_varparams");
    }
    if (!inTransaction) {
      script.transactionEnd(true);
    }
    idle();
  }

  private void utility() {
    if (inTransaction) {
      endTransaction();
      return;
    }
    script.running("copy t").call("pg_parse_query").call("parse_analyze_fixedparams");
    long address = script.newObject();
    script.portal(address, "COPY").enter("PortalStart", address).exit();
    script.enter("PortalRun", address).statement(0, "", 6, -1, 0);
    script.clientRead(5_000);
    body(1);
    script.exit().exit();
    script.transactionEnd(true).commandEnd("COPY", 12);
    idle();
  }
}
