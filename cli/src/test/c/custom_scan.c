/* Custom scan providers, for PlansIT: the table "custom" is read by one alone; of the tables "wrapped" and
 * "doubled" another gives the rows of the plans below it, one for the first and two for the second. */
#include "postgres.h"

#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "nodes/extensible.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_MODULE_MAGIC;

void _PG_init(void);

typedef struct {
	CustomScanState css;
	TableScanDesc scan;
	TupleTableSlot *read;
} OwnScan;

static set_rel_pathlist_hook_type next_hook;

static TupleTableSlot *next_row(ScanState *state)
{
	OwnScan *own = (OwnScan *) state;

	if (!table_scan_getnextslot(own->scan, ForwardScanDirection, own->read))
		return ExecClearTuple(state->ss_ScanTupleSlot);
	return ExecCopySlot(state->ss_ScanTupleSlot, own->read);
}

static bool recheck(ScanState *state, TupleTableSlot *slot)
{
	return true;
}

static void begin(CustomScanState *css, EState *estate, int eflags)
{
	OwnScan *own = (OwnScan *) css;

	own->read = table_slot_create(css->ss.ss_currentRelation, NULL);
	own->scan = table_beginscan(css->ss.ss_currentRelation, estate->es_snapshot, 0, NULL);
}

static TupleTableSlot *run(CustomScanState *css)
{
	return ExecScan(&css->ss, next_row, recheck);
}

static void end(CustomScanState *css)
{
	OwnScan *own = (OwnScan *) css;

	ExecDropSingleTupleTableSlot(own->read);
	table_endscan(own->scan);
}

static void rescan(CustomScanState *css)
{
	table_rescan(((OwnScan *) css)->scan, NULL);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "Own Scan",
	.BeginCustomScan = begin,
	.ExecCustomScan = run,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
};

/* Reads its children one after the other. */
typedef struct {
	CustomScanState css;
	int child;
} OwnParent;

static TupleTableSlot *next_of_children(ScanState *state)
{
	OwnParent *own = (OwnParent *) state;

	for (; own->child < list_length(own->css.custom_ps); own->child++) {
		TupleTableSlot *slot = ExecProcNode(list_nth(own->css.custom_ps, own->child));

		if (!TupIsNull(slot))
			return ExecCopySlot(state->ss_ScanTupleSlot, slot);
	}
	return ExecClearTuple(state->ss_ScanTupleSlot);
}

static void begin_parent(CustomScanState *css, EState *estate, int eflags)
{
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	ListCell *plan;

	foreach (plan, scan->custom_plans)
		css->custom_ps =
			lappend(css->custom_ps, ExecInitNode(lfirst(plan), estate, eflags));
}

static TupleTableSlot *run_parent(CustomScanState *css)
{
	return ExecScan(&css->ss, next_of_children, recheck);
}

static void end_parent(CustomScanState *css)
{
	ListCell *child;

	foreach (child, css->custom_ps)
		ExecEndNode(lfirst(child));
}

static void rescan_parent(CustomScanState *css)
{
	ListCell *child;

	((OwnParent *) css)->child = 0;
	foreach (child, css->custom_ps)
		ExecReScan(lfirst(child));
}

static const CustomExecMethods parent_exec_methods = {
	.CustomName = "Own Parent",
	.BeginCustomScan = begin_parent,
	.ExecCustomScan = run_parent,
	.EndCustomScan = end_parent,
	.ReScanCustomScan = rescan_parent,
};

static Node *make_parent_state(CustomScan *cscan)
{
	OwnParent *own = (OwnParent *) newNode(sizeof(OwnParent), T_CustomScanState);

	own->css.methods = &parent_exec_methods;
	return (Node *) own;
}

static const CustomScanMethods parent_methods = {
	.CustomName = "Own Parent",
	.CreateCustomScanState = make_parent_state,
};

/* The children have checked the conditions. */
static Plan *make_parent_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
			      List *clauses, List *plans)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->scan.plan.targetlist = tlist;
	scan->custom_scan_tlist = copyObject(((Plan *) linitial(plans))->targetlist);
	scan->custom_plans = plans;
	scan->methods = &parent_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods parent_path_methods = {
	.CustomName = "Own Parent",
	.PlanCustomPath = make_parent_plan,
};

static Node *make_state(CustomScan *cscan)
{
	OwnScan *own = (OwnScan *) newNode(sizeof(OwnScan), T_CustomScanState);

	own->css.methods = &exec_methods;
	return (Node *) own;
}

static const CustomScanMethods scan_methods = {
	.CustomName = "Own Scan",
	.CreateCustomScanState = make_state,
};

static Plan *make_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
		       List *plans)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(clauses, false);
	scan->scan.scanrelid = rel->relid;
	scan->methods = &scan_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = "Own Scan",
	.PlanCustomPath = make_plan,
};

static void add_own(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	CustomPath *path;
	const char *name;
	Path *below = NULL;

	if (next_hook)
		next_hook(root, rel, rti, rte);
	if (rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_RELATION)
		return;
	name = get_rel_name(rte->relid);
	if (strcmp(name, "wrapped") == 0 || strcmp(name, "doubled") == 0)
		below = linitial(rel->pathlist);
	else if (strcmp(name, "custom") != 0)
		return;
	path = makeNode(CustomPath);
	if (below)
		path->custom_paths =
			name[0] == 'w' ? list_make1(below) : list_make2(below, below);
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.rows = rel->rows;
	path->path.total_cost = 1;
	path->methods = below ? &parent_path_methods : &path_methods;
	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	add_path(rel, &path->path);
}

void _PG_init(void)
{
	next_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = add_own;
	RegisterCustomScanMethods(&scan_methods);
	RegisterCustomScanMethods(&parent_methods);
}
