/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_vitals.c - what a Jetson says of itself: any text, twice over, gives bounded values, and JSON that can be read.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/vitals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check(const struct jb_vitals *v)
{
    expect(v->cpu_count <= JB_VITALS_CPUS);
    for (size_t i = 0; i < v->cpu_count; i++) {
        int64_t percent = v->cpu_percent[i];
        expect(percent == JB_VITAL_OFF || percent == JB_VITAL_UNKNOWN || (percent >= 0 && percent <= 100));
    }
    expect(v->ram_used_kb == JB_VITAL_UNKNOWN || (v->ram_used_kb >= 0 && v->ram_used_kb <= v->ram_kb));
    expect(v->swap_used_kb == JB_VITAL_UNKNOWN || (v->swap_used_kb >= 0 && v->swap_used_kb <= v->swap_kb));
    expect(memchr(v->nvp_model, 0, sizeof v->nvp_model) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_vitals_state state;
    struct jb_vitals v = {.uptime_ms = JB_VITAL_UNKNOWN,
                          .emc_percent = JB_VITAL_UNKNOWN,
                          .gpu_permille = JB_VITAL_UNKNOWN,
                          .gpu_hz = JB_VITAL_UNKNOWN};
    struct jb_buf json = {0};
    char *text = malloc(size + 1), name[JB_VITALS_NAME];

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    const char *second = memchr(text, '|', size);
    second = second != NULL ? second + 1 : "";
    jb_vitals_init(&state, NULL);
    jb_vitals_cpus(&state, text, second, &v);
    jb_vitals_cpus(&state, second, text, &v);
    jb_vitals_memory(text, &v);
    jb_vitals_nvp(text, second, v.nvp_model);
    if (jb_vitals_zone(text, name)) {
        expect(strlen(name) < sizeof name);
        jb_vitals_add(&v.temps, name, 1);
        jb_vitals_add(&v.temps, name, JB_VITAL_OFF);
        expect(v.temps.count == 2);
    }
    check(&v);
    jb_vitals_json(&v, &json);
    json_t *parsed = json.failed ? NULL : json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    expect(json.failed || json_is_object(parsed));
    json_decref(parsed);
    jb_buf_finish(&json);
    free(text);
    return 0;
}
