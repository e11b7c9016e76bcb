/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work_text.h - what a run did with its energy, for a person: phases, epochs, operators, layers and regions.
 *
 * ± of phases, epochs and layers is one standard deviation, as everywhere in the report; operators have their 95 %
 * interval, which is what is asked of a figure that was estimated. A figure of low confidence has one digit and a "~",
 * and its row says LOW: nobody takes it for a measurement. Nothing is printed of a run that nothing is known of.
 */
#ifndef JB_CLI_WORK_TEXT_H
#define JB_CLI_WORK_TEXT_H

#include "cli/cli.h"
#include "export/work_rows.h"

#define CLI_WORK_ROWS 12 /* of a table of operators, where nobody asked for more */

struct cli_work_look {
    const struct cli_style *style;
    bool utf8;
    int columns; /* lines are at most so long; at least 80 */
    size_t rows; /* of the tables of operators and of layers */
};

void cli_work_report(FILE *out, const struct jb_record *record, const struct cli_work_look *look);

/* Its parts; each begins with a blank line, or prints nothing where there is none of it. */
void cli_work_phases(FILE *out, const struct jb_record *record, const struct cli_work_look *look);
void cli_work_epochs(FILE *out, const struct jb_record *record, const struct cli_work_look *look);
void cli_work_operators(FILE *out, const struct jb_record *record, const struct cli_work_look *look);
void cli_work_groups(FILE *out, const struct jb_record *record, bool layers, const struct cli_work_look *look);

/* What they are made of (work_cells.c). All return buffer. */
void cli_work_title(FILE *out, const char *title, const char *text, const struct cli_work_look *look);
char *cli_work_energy_pm(double energy_uj, double sigma_uj, const struct cli_work_look *look, char *buffer,
                         size_t size);
char *cli_work_percent(double part, double whole, char *buffer, size_t size); /* "45.1", "<0.1", "?" */
char *cli_work_class_percent(const struct jb_work_class *c, double whole_uj, char *buffer, size_t size); /* or "~40" */
char *cli_work_count(uint64_t count, char *buffer, size_t size); /* "123456", "1.23 M" */
/* `part` of `whole` as a bar of at most `width` columns, by eighths of one where the terminal can. */
char *cli_work_bar(double part, double whole, int width, bool utf8, char *buffer, size_t size);

#endif
