-- Switches pgstitch's trace of the own session from SQL. Needs no extension and no superuser:
--   psql -d DATABASE -f pgstitch.sql
-- in a schema where you may create functions. PostgreSQL 13 to 18.
--
-- They only make the setting pgstitch.level, which the collector on the server's host sees at once.
-- Without a collector, or where control.allow does not let this session switch, nothing happens.

-- Begins to trace, as Oracle's event 10046 does at this level: the sum of 1 (statements), 4 (binds), 8 (waits) and 16 (plan
-- statistics at every execution). Returns what pg_trace_get_tracefile() returns.
create or replace function pg_trace_start_trace(level int default 12) returns text
language plpgsql as $$
begin
  if level is null or level < 1 or (level & ~29) <> 0 then
    raise exception 'there is no trace level %', coalesce(level::text, 'null')
      using errcode = 'invalid_parameter_value',
            hint = 'Add up 1 (statements), 4 (binds), 8 (waits) and 16 (plan statistics).';
  end if;
  perform set_config('pgstitch.level', level::text, false);
  return pg_trace_get_tracefile();
end
$$;

-- Goes back to the level that the session has by default.
create or replace function pg_trace_stop_trace() returns void
language sql as $$
  select set_config('pgstitch.level', null, false);
$$;

-- The exact name of the session's file in the directory of the exporter's sink `file`: port, pid, start and server, of which the
-- collector knows the same. Null where the session's start is hidden from the role that asks, as it may be after SET ROLE.
create or replace function pg_trace_get_tracefile() returns text
language sql stable as $$
  select current_setting('port') || '-' || a.pid
      || '-' || to_char(a.backend_start at time zone 'UTC', 'YYYYMMDD"T"HH24MISS.US')
      || '-' || lpad(to_hex(c.system_identifier), 16, '0') || '.trc'
    from pg_stat_activity a, pg_control_system() c where a.pid = pg_backend_pid();
$$;
