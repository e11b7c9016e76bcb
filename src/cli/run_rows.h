/* SPDX-License-Identifier: Apache-2.0 */
/* run_rows.h - rows that the option tables of `run`, `meter` and `serve` share. */
#ifndef JB_CLI_RUN_ROWS_H
#define JB_CLI_RUN_ROWS_H

#include "cli/cli.h"

enum {
    OPT_NAME = OPT_OWN,
    OPT_PROJECT,
    OPT_TAG,
    OPT_ZONE,
    OPT_INTERVAL,
    OPT_BASELINE,
    OPT_SENSORS,
    OPT_RECORD_JSON,
    OPT_CSV,
    OPT_SERIES,
    OPT_RUN_DB,
    OPT_QUIET,
    OPT_STRICT,
    OPT_BASIS,
    OPT_PUE,
    OPT_LIVE,
    OPT_TOTAL,
    OPT_WHEN,
    OPT_PID,
    OPT_OPS,
    OPT_ATTRIBUTION,
    OPT_EPOCHS,
    OPT_SERVE, /* those of `serve` alone begin here */
};

#define ROW_NAME                                                                                                       \
    {                                                                                                                  \
        OPT_NAME, 'n', "name", "NAME", NULL, "name the run, to find it again"                                          \
    }
#define ROW_PROJECT                                                                                                    \
    {                                                                                                                  \
        OPT_PROJECT, 'p', "project", "NAME", NULL, "the project it belongs to"                                         \
    }
#define ROW_TAG                                                                                                        \
    {                                                                                                                  \
        OPT_TAG, 't', "tag", "KEY=VALUE", NULL, "tag the run; may be given again"                                      \
    }
#define ROW_ZONE                                                                                                       \
    {                                                                                                                  \
        OPT_ZONE, 'z', "zone", "ZONE", "@zone", "where the electricity comes from (KR, DE, US-CA, aws:eu-west-3)"      \
    }
#define ROW_INTERVAL                                                                                                   \
    {                                                                                                                  \
        OPT_INTERVAL, 'i', "interval", "TIME", NULL, "time between readings, 1ms to 60s (default 100ms)"               \
    }
#define ROW_SENSORS                                                                                                    \
    {                                                                                                                  \
        OPT_SENSORS, 0, "sensors", "LIST", NULL, "sensors to use, or -NAME to leave out; see joulebook doctor"         \
    }
#define ROW_RUN_DB                                                                                                     \
    {                                                                                                                  \
        OPT_RUN_DB, 0, "db", "FILE", "@file", "the database to keep the run in; none keeps nothing"                    \
    }
#define ROW_BASIS                                                                                                      \
    {                                                                                                                  \
        OPT_BASIS, 0, "basis", "WHAT", "machine|run|footprint",                                                        \
            "which energy the emissions are of (default footprint)"                                                    \
    }
#define ROW_TOTAL                                                                                                      \
    {                                                                                                                  \
        OPT_TOTAL, 0, "total", "WHAT", "sensors|wall", "what the machine's energy is: sum of sensors, or a node meter" \
    }
#define ROW_PUE                                                                                                        \
    {                                                                                                                  \
        OPT_PUE, 0, "pue", "NUMBER", NULL, "power usage effectiveness of the site (default 1.0)"                       \
    }
#define ROW_EPOCHS                                                                                                     \
    {                                                                                                                  \
        OPT_EPOCHS, 0, "epochs", "N", NULL, "epochs it will make, where it does not tell: for a projected total"       \
    }

#endif
