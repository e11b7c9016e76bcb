/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_msr_model.h - which energy registers a processor has, and in what unit each counts.
 */
#ifndef JB_SENSOR_RAPL_MSR_MODEL_H
#define JB_SENSOR_RAPL_MSR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/rapl.h"

#define JB_MSR_UNIT_OWN (-1) /* the unit that unit_register tells */

struct jb_msr_counter {
    enum jb_rapl_domain domain;
    uint32_t number;
    int unit; /* 2^-unit J; or JB_MSR_UNIT_OWN */
};

struct jb_msr_model {
    uint32_t unit_register; /* bits 12:8 are the unit */
    bool by_package;        /* dies do not count apart */
    const struct jb_msr_counter *counters;
    size_t counter_count;
};

/* NULL: no processor of which it is known. Static. */
const struct jb_msr_model *jb_msr_model_of(const struct jb_machine *machine);

#endif
