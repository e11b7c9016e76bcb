/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_test.h - a source of the NVML driver over the stub library, for the tests of this folder.
 *
 * The stub reads its script (tests/stub/stub_script.h) again at each call, so that a test changes the machine by
 * nvml_test_script().
 */
#ifndef JB_TESTS_UNIT_NVML_NVML_TEST_H
#define JB_TESTS_UNIT_NVML_NVML_TEST_H

#include "base/diag.h"
#include "hardware/hardware.h"
#include "sensor/nvml/nvml.h"
#include "sensor/sensor.h"

extern const struct jb_sensor_driver jb_sensor_nvml;

#define NVML_TEST_READINGS 1024

struct nvml_test {
    char folder[64], script[96];
    char library[512];
    struct jb_machine machine;
    struct jb_sensor_env env;
    struct jb_source source;
    struct jb_channel channels[JB_MAX_CHANNELS];
    struct jb_nvml nvml;
    struct jb_diag diag;
    struct jb_reading readings[NVML_TEST_READINGS];
    struct jb_sink sink;
    size_t room; /* of the sink; 0: all */
};

/* cmocka's setup and teardown. */
int nvml_test_setup(void **state);
int nvml_test_teardown(void **state);

void nvml_test_script(struct nvml_test *test, const char *text);
int nvml_test_open(struct nvml_test *test, const char *script);
void nvml_test_close(struct nvml_test *test);
void nvml_test_read(struct nvml_test *test);

/* Read until `channel` has a new reading, at most ten seconds; the reading. */
struct jb_reading nvml_test_next(struct nvml_test *test, int channel);

int nvml_test_channel(const struct nvml_test *test, const char *id_end); /* whose id ends so; -1 */

/* The n-th reading of a channel in the sink; NULL. */
const struct jb_reading *nvml_test_reading(const struct nvml_test *test, int channel, size_t n);
size_t nvml_test_count(const struct nvml_test *test, int channel);

#endif
