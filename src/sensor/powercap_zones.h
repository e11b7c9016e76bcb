/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercap_zones.h - which RAPL zones /sys/class/powercap holds, in an order that does not depend on the folder's.
 */
#ifndef JB_SENSOR_POWERCAP_ZONES_H
#define JB_SENSOR_POWERCAP_ZONES_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/rapl.h"

#define JB_POWERCAP_ZONES 128

struct jb_powercap_zone {
    char path[112];  /* folder of the zone */
    char name[32];   /* contents of `name`, sanitised; empty: cannot be read */
    int number, sub; /* intel-rapl:NUMBER[:SUB]; sub -1: not a subzone */
    enum jb_rapl_domain domain;
    int package, die; /* of the zone or the one around it; die -1: the socket has one */
    bool mmio;        /* the same counters through another door */
    bool understood;  /* name is one of RAPL's: domain is set */
    bool guessed;     /* package is: the zone around does not say */
};

/* Zones around come before their subzones, MSR before MMIO. The count (0: none, or no powercap). */
size_t jb_powercap_zones(const char *root, struct jb_powercap_zone zones[JB_POWERCAP_ZONES]);

#endif
