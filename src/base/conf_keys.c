/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_keys.c - every configuration key there is.
 *
 * The one list that files, environment, `--help` texts and the manual follow. A key that no code reads does
 * not belong here: setting it would be silently useless. Documented in conf.h.
 */
#include "base/conf.h"

#include <math.h>

const struct jb_conf_key jb_conf_keys[] = {
    {"run", "interval", JB_CONF_DURATION, 0.001, 60, "100ms", "time between two readings of the sensors", NULL},
    {"run", "baseline", JB_CONF_DURATION, 0, 3600, NULL, "measure the idle machine for so long before the command",
     NULL},
    {"run", "basis", JB_CONF_STRING, 0, 0, "footprint", "which energy the emissions are computed from",
     "machine|run|footprint"},
    {"run", "total", JB_CONF_STRING, 0, 0, "sensors", "what the machine's energy is: a sum of sensors, or a node meter",
     "sensors|wall"},
    {"run", "sensors", JB_CONF_STRING, 0, 0, NULL, "sensors to use, separated by commas; default: all that answer",
     NULL},
    {"run", "quiet", JB_CONF_BOOL, 0, 0, "false", "print no report", NULL},
    {"run", "live", JB_CONF_BOOL, 0, 0, "false", "keep a status line on the terminal", NULL},
    {"grid", "zone", JB_CONF_STRING, 0, 0, NULL, "where the electricity comes from, such as KR or US-CA", NULL},
    {"grid", "intensity", JB_CONF_NUMBER, 0, INFINITY, NULL, "your own carbon intensity in gCO2e per kWh", NULL},
    {"grid", "pue", JB_CONF_NUMBER, 1, 10, "1.0", "power usage effectiveness of the data centre", NULL},
    {"hardware", "cpu_tdp", JB_CONF_NUMBER, 1, 10000, NULL, "thermal design power of one processor in W", NULL},
    {"hardware", "embodied_kg", JB_CONF_NUMBER, 0, INFINITY, NULL, "kgCO2e of making the machine", NULL},
    {"hardware", "lifetime", JB_CONF_NUMBER, 0.1, 100, "4", "years over which the making is written off", NULL},
    {"hardware", "table", JB_CONF_STRING, 0, 0, NULL, "CSV file of hardware powers to use before the built-in one",
     NULL},
    {"redfish", "url", JB_CONF_STRING, 0, 0, NULL, "the machine's BMC, such as https://10.0.0.5", NULL},
    {"redfish", "user", JB_CONF_STRING, 0, 0, NULL, "user of the BMC; one that may only read is enough", NULL},
    {"redfish", "password", JB_CONF_STRING, 0, 0, NULL, "its password", NULL},
    {"redfish", "ca", JB_CONF_STRING, 0, 0, NULL, "file with the certificate that the BMC's is checked against", NULL},
    {"redfish", "insecure", JB_CONF_BOOL, 0, 0, "false", "take any certificate of the BMC", NULL},
    {"plug", "kind", JB_CONF_STRING, 0, 0, NULL, "the meter that the machine is plugged into",
     "shelly|tasmota|gude|mcp39f511n"},
    {"plug", "address", JB_CONF_STRING, 0, 0, NULL, "where it is: http://192.168.1.5, or /dev/ttyACM0", NULL},
    {"plug", "user", JB_CONF_STRING, 0, 0, NULL, "user of the meter, where it asks for one", NULL},
    {"plug", "password", JB_CONF_STRING, 0, 0, NULL, "its password", NULL},
    {"store", "db", JB_CONF_STRING, 0, 0, NULL, "file that keeps the runs", NULL},
    {NULL, NULL, JB_CONF_STRING, 0, 0, NULL, NULL, NULL},
};
