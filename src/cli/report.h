/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - one run for a person: what was used, how that is known, what it means, what to do next. */
#ifndef JB_CLI_REPORT_H
#define JB_CLI_REPORT_H

#include "cli/cli.h"

/* stored: the run can be shown again, so the hints name it. */
void cli_report(FILE *out, const struct jb_record *record, const struct cli_style *style, bool stored);
/* The same with tables of operators and layers of at most `rows` rows. */
void cli_report_rows(FILE *out, const struct jb_record *record, const struct cli_style *style, bool stored,
                     size_t rows);

/* One line: "12.3 kJ ± 400 J"; the helper that all faces of the command line use. */
char *cli_energy_pm(double energy_uj, double sigma_uj, char *buffer, size_t size);

#endif
