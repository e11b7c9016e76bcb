/* SPDX-License-Identifier: Apache-2.0 */
/* run_options.h - what `joulebook run` or `joulebook meter` was asked to do, from config, environment and flags,
 * checked. */
#ifndef JB_CLI_RUN_OPTIONS_H
#define JB_CLI_RUN_OPTIONS_H

#include "cli/cli.h"
#include "cli/when.h"
#include "engine/ops_plan.h"
#include "grid/grid.h"
#include "grid/settings.h"
#include "grid/tariff.h"

#include <sys/types.h>

#define RUN_MAX_TAGS 32

struct run_options {
    struct cli_common common;
    const char *name, *project, *zone, *sensors, *basis, *total, *ops_text, *attribution, *json, *csv, *series;
    const char *interval_text, *baseline_text, *pue_text, *when_text, *pid_text, *epochs_text;
    struct jb_tag tags[RUN_MAX_TAGS]; /* key and value are halves of one malloc'd copy */
    size_t tag_count;
    bool quiet, strict, live;
    /* resolved */
    uint64_t interval_ns, baseline_ns;
    enum jb_ops ops;
    double pue;
    struct jb_intensity intensity;
    struct jb_grid_settings grid;
    struct jb_tariff tariff;
    bool has_tariff;
    struct cli_when when; /* of when_text */
    const char *db;
    pid_t pid;       /* of meter; 0: not given */
    unsigned epochs; /* 0: not given */
    struct jb_conf *conf;
};

extern const struct jb_option run_option_table[], meter_option_table[];

/* Parse and resolve; -1: go on, `run` with the command at argv[*ret_first]; else the exit status. */
int run_options_parse(const struct jb_command *command, int argc, char **argv, struct run_options *ret, int *ret_first);
/* The two halves of it, for commands with options of their own besides: `context` begins with a struct run_options. */
int run_options_handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag);
int run_options_resolve(struct run_options *options, struct jb_diag *diag);
void run_options_finish(struct run_options *options);

/* The intensity that flag, config and time zone lead to; also for `grid`, `calibrate`, `doctor`. */
int cli_intensity(const struct jb_conf *conf, const char *zone, const char *root, struct jb_intensity *ret,
                  struct jb_diag *diag);

/* [tariff] of the configuration: 1, or 0 where there is none. */
int cli_tariff(const struct jb_conf *conf, struct jb_tariff *ret, struct jb_diag *diag);

#endif
