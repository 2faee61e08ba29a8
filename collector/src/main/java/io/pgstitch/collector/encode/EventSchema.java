package io.pgstitch.collector.encode;

import io.pgstitch.schema.RawEventBatch;
import java.util.List;
import org.apache.avro.Schema;

/**
 * Where each type of event stands in the union of RawEventBatch: asked of the schema, not known.
 */
final class EventSchema {
  static final Schema SCHEMA = RawEventBatch.getClassSchema();
  static final int ACTIVITY = index("Activity");
  static final int ENTRY = index("FunctionEntry");
  static final int EXIT = index("FunctionExit");
  static final int STATEMENT = index("StatementEntry");
  static final int PORTAL = index("PortalDefined");
  static final int COMMAND_END = index("CommandEnd");
  static final int BUFFERS = index("BufferDelta");
  static final int WAIT = index("Wait");
  static final int TRANSACTION_END = index("TransactionEnd");
  static final int ERROR = index("ErrorReported");
  static final int THROWN = index("ErrorThrown");
  static final int BACKEND_END = index("BackendEnd");
  static final int SETTING = index("SettingChanged");
  static final int BINDS = index("BindsBound");
  static final int PLAN = index("PlanCaptured");
  static final int WORKER_LAUNCHED = index("WorkerLaunched");

  private EventSchema() {}

  private static int index(String name) {
    List<Schema> types = SCHEMA.getField("events").schema().getElementType().getTypes();
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i).getName().equals(name)) {
        return i;
      }
    }
    throw new IllegalStateException("RawEventBatch has no event " + name);
  }
}
