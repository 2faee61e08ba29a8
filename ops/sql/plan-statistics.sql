-- Makes the server measure every plan node of this session from now on: rows, loops, time, blocks, WAL.
-- A trace of level 16 then has actual figures. No restart; nothing is logged, and the session's next
-- statements are slower by what measuring costs. LOAD needs a superuser, or auto_explain in session_preload_libraries.
LOAD 'auto_explain';
SET auto_explain.log_analyze = on;
SET auto_explain.log_buffers = on;
SET auto_explain.log_wal = on;
SET auto_explain.log_timing = on;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_min_duration = 2147483647;
