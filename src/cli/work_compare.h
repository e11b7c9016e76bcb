/* SPDX-License-Identifier: Apache-2.0 */
/* work_compare.h - phases and classes of operators of several runs, as rows of the table of joulebook compare. */
#ifndef JB_CLI_WORK_COMPARE_H
#define JB_CLI_WORK_COMPARE_H

#include "cli/table.h"
#include "store/record.h"

#define CLI_COMPARE_RUNS 8

/* Add a row for each phase and class that any of the runs has; nothing where none has one. The table's first column is
 * of labels, and then there is one for each run: at most CLI_COMPARE_RUNS. */
void cli_work_compare(struct cli_table *table, const struct jb_record *const *records, size_t count);

#endif
