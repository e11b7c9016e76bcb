/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_test.c - a source of the NVML driver over the stub library (nvml_test.h).
 */
#include "nvml_test.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int nvml_test_setup(void **state)
{
    struct nvml_test *test = calloc(1, sizeof(*test));
    assert_non_null(test);
    const char *build = getenv("JB_BUILD_ROOT");
    assert_non_null(build);
    snprintf(test->folder, sizeof(test->folder), "/tmp/jb-nvml-XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    snprintf(test->script, sizeof(test->script), "%s/script", test->folder);
    snprintf(test->library, sizeof(test->library), "%s/tests/stub/libnvidia-ml.so.1", build);
    assert_int_equal(setenv("JB_STUB_NVML", test->script, 1), 0);
    test->env = (struct jb_sensor_env){.machine = &test->machine, .nvml_path = test->library};
    *state = test;
    return 0;
}

int nvml_test_teardown(void **state)
{
    struct nvml_test *test = *state;
    nvml_test_close(test);
    unlink(test->script);
    rmdir(test->folder);
    free(test);
    return 0;
}

void nvml_test_script(struct nvml_test *test, const char *text)
{
    FILE *file = fopen(test->script, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

int nvml_test_open(struct nvml_test *test, const char *script)
{
    nvml_test_close(test);
    nvml_test_script(test, script);
    memset(test->channels, 0, sizeof(test->channels));
    memset(&test->nvml, 0, sizeof(test->nvml));
    jb_diag_clear(&test->diag);
    test->source = (struct jb_source){
        .driver = &jb_sensor_nvml, .env = &test->env, .channels = test->channels, .priv = &test->nvml};
    assert_true(jb_sensor_nvml.priv_size <= sizeof(test->nvml));
    return jb_sensor_nvml.open(&test->source, &test->diag);
}

void nvml_test_close(struct nvml_test *test)
{
    if (test->source.driver) {
        jb_sensor_nvml.close(&test->source);
        test->source.driver = NULL;
    }
}

void nvml_test_read(struct nvml_test *test)
{
    test->sink = (struct jb_sink){.readings = test->readings, .capacity = test->room ? test->room : NVML_TEST_READINGS};
    jb_sensor_nvml.read(&test->source, &test->sink);
}

int nvml_test_channel(const struct nvml_test *test, const char *id_end)
{
    size_t length = strlen(id_end);
    for (int i = 0; i < test->source.channel_count; i++) {
        size_t id_length = strlen(test->channels[i].id);
        if (id_length >= length && strcmp(test->channels[i].id + id_length - length, id_end) == 0) {
            return i;
        }
    }
    return -1;
}

const struct jb_reading *nvml_test_reading(const struct nvml_test *test, int channel, size_t n)
{
    for (size_t i = 0; i < test->sink.count; i++) {
        if (test->readings[i].channel == channel && n-- == 0) {
            return &test->readings[i];
        }
    }
    return NULL;
}

size_t nvml_test_count(const struct nvml_test *test, int channel)
{
    size_t count = 0;
    while (nvml_test_reading(test, channel, count)) {
        count++;
    }
    return count;
}

struct jb_reading nvml_test_next(struct nvml_test *test, int channel)
{
    nvml_test_read(test);
    size_t count = nvml_test_count(test, channel);
    assert_true(count > 0);
    uint64_t last_ns = nvml_test_reading(test, channel, count - 1)->t_after_ns;
    for (uint64_t until_ns = jb_mono_ns() + 10 * JB_NS_PER_S; jb_mono_ns() < until_ns;) {
        nvml_test_read(test);
        const struct jb_reading *reading = nvml_test_reading(test, channel, 0);
        if (reading && reading->t_after_ns > last_ns) {
            return *reading;
        }
    }
    fail_msg("no new reading within ten seconds");
    return (struct jb_reading){0};
}
