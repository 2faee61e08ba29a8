package io.pgstitch.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Tables, and queries whose plans have every kind of node that a stock server makes. */
final class PlanCases {
  /** A query, and the settings that bring the plan about. */
  record Case(String sql, List<String> settings) {}

  private static final String NO_PARALLEL = "max_parallel_workers_per_gather=0";

  /** It is scanned again for each row. */
  private static final String[] CUSTOM_INSIDE = {
    "enable_hashjoin=off", "enable_mergejoin=off", "enable_material=off", "enable_sort=off"
  };

  private final int major;
  private final boolean custom;
  private final List<Case> cases = new ArrayList<>();

  private PlanCases(int major, boolean custom) {
    this.major = major;
    this.custom = custom;
  }

  static List<String> schema(String someFile) {
    return List.of(
        "create table t (a int primary key, b int, c text)",
        "insert into t select g, g % 100, (g % 37)::text from generate_series(1, 10000) g",
        "create index t_b on t (b)",
        "create index t_c on t (c)",
        "create table u (x int primary key, y int)",
        "insert into u select g, g % 10 from generate_series(1, 500) g",
        "create table p (k int, v int) partition by range (k)",
        "create table p1 partition of p for values from (0) to (100)",
        "create table p2 partition of p for values from (100) to (200)",
        "create table p3 partition of p for values from (200) to (300)",
        "create index on p (v)",
        "insert into p select g % 300, g from generate_series(1, 3000) g",
        "create table custom (n int, word text)",
        "insert into custom select g, repeat('x', 200) from generate_series(1, 1000) g",
        "create table wrapped as select * from custom",
        "create table doubled as select * from custom where n <= 400",
        "create table \"it's \\ odd\" as select g from generate_series(1, 10) g",
        "create extension file_fdw",
        "create server files foreign data wrapper file_fdw",
        "create foreign table f (line text) server files options (filename '" + someFile + "')",
        "vacuum analyze");
  }

  /** The node types that the plans must have between them. */
  static Set<String> nodeTypes(int major, boolean custom) {
    Set<String> types =
        new TreeSet<>(
            List.of(
                "Aggregate",
                "Append",
                "Bitmap Heap Scan",
                "Bitmap Index Scan",
                "BitmapAnd",
                "BitmapOr",
                "CTE Scan",
                "Foreign Scan",
                "Function Scan",
                "Gather",
                "Gather Merge",
                "Group",
                "Hash",
                "Hash Join",
                "Incremental Sort",
                "Index Only Scan",
                "Index Scan",
                "Limit",
                "LockRows",
                "Materialize",
                "Merge Append",
                "Merge Join",
                "ModifyTable",
                "Nested Loop",
                "ProjectSet",
                "Recursive Union",
                "Result",
                "Sample Scan",
                "Seq Scan",
                "SetOp",
                "Sort",
                "Subquery Scan",
                "Tid Scan",
                "Unique",
                "Values Scan",
                "WindowAgg",
                "WorkTable Scan"));
    if (custom) {
      types.add("Custom Scan");
    }
    if (major >= 14) {
      types.add("Memoize");
      types.add("Tid Range Scan");
    }
    if (major >= 17) {
      types.add("Table Function Scan");
    }
    return types;
  }

  /**
   * For a major version.
   *
   * @param custom whether a library is loaded that reads the table of that name
   */
  static List<Case> of(int major, boolean custom) {
    PlanCases all = new PlanCases(major, custom);
    all.scans();
    all.joins();
    all.rows();
    all.subplans();
    all.partitionsAndWorkers();
    all.changes();
    return all.cases;
  }

  private void add(String sql, String... settings) {
    cases.add(new Case(sql + " /* case " + (cases.size() + 1) + " */", List.of(settings)));
  }

  private void scans() {
    add("select count(*) from t where b > 5", NO_PARALLEL);
    add("select * from t where a = 5");
    add("select a from t where a < 20 order by a desc", "enable_seqscan=off");
    add("select a from t where a < 200", "enable_seqscan=off", "enable_bitmapscan=off");
    String[] bitmap = {"enable_seqscan=off", "enable_indexscan=off", "enable_indexonlyscan=off"};
    add("select * from t where b = 3 or c = '7'", bitmap);
    add(
        "select * from t where b = 7 and c = '7'",
        "enable_seqscan=off",
        "enable_indexscan=off",
        "random_page_cost=100",
        "seq_page_cost=100");
    add("select * from t where ctid = '(0,1)'");
    if (major >= 14) {
      add("select * from t where ctid < '(2,0)'");
    }
    add("select * from generate_series(1, 10) g where g > 5");
    add("select * from (values (1), (2), (3)) v(x) where x > 1");
    add("select count(*) from t tablesample system (50) repeatable (1)");
    add("select * from f");
    add("select * from \"it's \\ odd\"");
    add("select 1");
    add("select * from t where now() < '1999-01-01'");
    add("select generate_series(1, 3)");
    if (major >= 17) {
      add("select * from json_table('[1,2,3]', '$[*]' columns (n int path '$')) j");
    }
  }

  private void joins() {
    add("select count(*) from t join u on t.b = u.x", NO_PARALLEL);
    if (custom) {
      add("select n from custom where n > 5");
      add("select count(*) from u, custom where x = n and x < 9", CUSTOM_INSIDE);
      add("select n, length(word) from wrapped where n > 5");
      add("select count(*) from u, doubled where x = n and x < 9", CUSTOM_INSIDE);
    }
    add("select count(*) from t left join u on t.b = u.x where u.y is null", NO_PARALLEL);
    add("select count(*) from u right join t on t.b = u.x", "enable_mergejoin=off", NO_PARALLEL);
    add("select count(*) from t full join u on t.b = u.x", "enable_hashjoin=off");
    add("select count(*) from t join u on t.a = u.x", "enable_hashjoin=off", "enable_nestloop=off");
    add("select count(*) from t where exists (select from u where u.x = t.b)", NO_PARALLEL);
    add("select count(*) from t where not exists (select from u where u.x = t.b)", NO_PARALLEL);
    add("select count(*) from u where not exists (select from t where t.b = u.x)", NO_PARALLEL);
    String[] loops = {"enable_hashjoin=off", "enable_mergejoin=off", NO_PARALLEL};
    add("select count(*) from t join u on t.b = u.x", loops);
    add("select count(*) from t left join u on t.b = u.x and u.y > 3", loops);
    add(
        "select count(*) from u u1, u u2 where u1.y < u2.y",
        "enable_hashjoin=off",
        "enable_mergejoin=off",
        NO_PARALLEL);
  }

  private void rows() {
    add("select * from t order by c, a limit 7", "enable_indexscan=off");
    add("select * from t order by b, c limit 50", "enable_seqscan=off", "enable_bitmapscan=off");
    add("select b, count(*) from t group by b", "enable_sort=off", NO_PARALLEL);
    add("select b, count(*) from t group by b", "enable_hashagg=off", NO_PARALLEL);
    add("select b from t group by b", "enable_hashagg=off", NO_PARALLEL);
    add("select b, c, count(*) from t group by grouping sets ((b), (c), ())", NO_PARALLEL);
    add("select b, c, count(*) from t group by cube (b, c)", "enable_hashagg=off", NO_PARALLEL);
    add("select a, row_number() over (partition by b order by a) from t", NO_PARALLEL);
    add("select distinct b, c from t", "enable_hashagg=off", NO_PARALLEL);
    add("select x from u intersect select b from t", NO_PARALLEL);
    add("select x from u except all select b from t", "enable_hashagg=off", NO_PARALLEL);
    add("select * from u where x < 10 for update limit 3");
    add("select * from (select a, row_number() over (order by a) n from t) s where n % 7 = 1");
  }

  private void subplans() {
    add(
        "with w as materialized (select a from t where b = 1)"
            + " select count(*) from w w1 join w w2 on w1.a = w2.a");
    add(
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 20)"
            + " select * from r");
    add("select a, (select max(y) from u where u.x = t.b) from t where a < 50", NO_PARALLEL);
    add("select count(*) from t where b not in (select x from u where y > 1)", NO_PARALLEL);
    add("select count(*) from t where b > (select avg(b) from t)", NO_PARALLEL);
    add(
        "select (select count(*) from u where u.y = v.x), exists (select from u where u.x = v.x)"
            + " from (values (1), (2), (600)) v(x)");
    // Never run: no loops.
    add("select * from t where false and a in (select x from u)");
    add("select * from u join t on t.a = u.x where u.x < 0", "enable_hashjoin=off");
  }

  private void partitionsAndWorkers() {
    add("select count(*) from p where v > 10", NO_PARALLEL);
    add("select * from p order by v limit 10", "enable_seqscan=off", NO_PARALLEL);
    add("select * from p where k = 150");
    String[] workers = {
      "parallel_setup_cost=0",
      "parallel_tuple_cost=0",
      "min_parallel_table_scan_size=0",
      "min_parallel_index_scan_size=0",
      "max_parallel_workers_per_gather=2"
    };
    add("select b, sum(a) from t group by b", workers);
    add("select count(*) from t where c <> '3'", workers);
    add("select * from t where b <> 3 order by c, a", workers);
    add("select count(*) from t join u on t.b = u.x", workers);
    add("select count(*) from p", workers);
  }

  private void changes() {
    add("insert into u select g, g from generate_series(1000, 1100) g");
    add("insert into u values (1, 1), (2000, 1) on conflict (x) do update set y = u.y + 1");
    add("update u set y = y + 1 where x < 100");
    add("update p set v = v + 1 where v < 50");
    add("delete from u where x > 1050 returning x");
    add(
        "with d as (delete from u where x > 1040 returning x) insert into u select x + 5000 from d");
    if (major >= 15) {
      add(
          "merge into u using (values (1), (3000)) s(x) on u.x = s.x"
              + " when matched then update set y = 0 when not matched then insert values (s.x, 0)");
    }
  }
}
