/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The twelve rules of T. Hoefler and R. Belli, Scientific Benchmarking of Parallel Computing Systems (SC 2015), asked of one report.
 * Verdict and evidence of each rule are computed from the results at hand; a rule that they break says so.
 */
#ifndef HARNESS_TOOL_REPORT_AUDIT_H
#define HARNESS_TOOL_REPORT_AUDIT_H

#include "harness/tool/report.h"
#include "harness/tool/report_plots.h"

#define AUDIT_RULES 12

enum audit_verdict { AUDIT_KEPT, AUDIT_PARTLY, AUDIT_BROKEN, AUDIT_VOID /* nothing here that the rule is about */ };

struct audit_finding {
    const char *rule; /* in our words */
    enum audit_verdict verdict;
    char *evidence;
};

/* figures NULL: none were drawn. */
void report_audit(const struct report *report, const struct report_figures *figures, struct audit_finding findings[AUDIT_RULES]);
void report_audit_free(struct audit_finding findings[AUDIT_RULES]);
const char *audit_verdict_name(enum audit_verdict verdict);

#endif
