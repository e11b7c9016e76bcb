/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jetson_chips.h - the power monitors on the board's I2C buses and their rails, in all layouts of sysfs.
 */
#ifndef JB_SENSOR_JETSON_CHIPS_H
#define JB_SENSOR_JETSON_CHIPS_H

#include <stddef.h>
#include <stdint.h>

#include "sensor/jetson/jetson_rails.h"

enum jb_jetson_files {
    JB_JETSON_MV_MA, /* two files: millivolts and milliamperes */
    JB_JETSON_MW,    /* one file */
    JB_JETSON_UW,
};

struct jb_jetson_rail {
    char label[JB_JETSON_LABEL];
    char chip[16]; /* "1-0040": bus and address */
    enum jb_jetson_files files;
    char path[2][160];   /* MV_MA: voltage, current; else the second is empty */
    uint64_t refresh_ns; /* a conversion of all channels, averaging included; 0: not told */
    uint64_t window_ns;  /* what a value is the mean of; 0: one conversion, or not told */
};

/* In order of driver, bus, address and channel. Rails labelled NC are not connected and left out; so is channel 7 of
 * the INA3221, the sum of its shunts. The count. */
size_t jb_jetson_rails(const char *root, struct jb_jetson_rail rails[JB_JETSON_RAILS]);

#endif
