/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - what the privileged helper may be asked for: a closed list, matched byte for byte.
 *
 *     /sys/class/powercap/intel-rapl:N[:M]/energy_uj           the same with intel-rapl-mmio
 *     /sys/class/hwmon/hwmonN/energyM_input                    of amd_energy and zenergy only (looked at when opened)
 *     perf:TYPE:CONFIG:CPU                                     of the energy PMUs only (likewise), CONFIG 1 to 5
 *
 * Numbers are decimal, without sign, blank or leading zero, and bounded. No text with ".." or "//" in it matches.
 * Pure: the fuzz test (tests/fuzz/fuzz_helper.c) calls it with anything.
 */
#ifndef JB_HELPER_REQUEST_H
#define JB_HELPER_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#define JB_HELPER_MAX_REQUEST 96 /* bytes of one packet; nothing on the list is as long */

enum jb_helper_kind { JB_HELPER_POWERCAP, JB_HELPER_HWMON, JB_HELPER_PERF };

struct jb_helper_request {
    enum jb_helper_kind kind;
    char folder[48]; /* "/sys/class/powercap/intel-rapl:0" */
    char file[32];   /* "energy_uj" */
    uint32_t type, config, cpu;
};

/* `text` need not be terminated. 0, or -EACCES: not on the list, and *ret is left alone. */
int jb_helper_parse(const char *text, size_t length, struct jb_helper_request *ret);

#endif
