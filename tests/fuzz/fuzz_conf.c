/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_conf.c - any text as a configuration file. A refusal must say where; what was taken must obey the limits.
 */
#include "base/conf.h"
#include "base/diag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct jb_conf *conf = jb_conf_create();
    if (!text || !conf) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    struct jb_diag diag = {0};
    int r = jb_conf_parse(conf, text, "f", &diag);
    if (r < 0 && strncmp(diag.text, "f:", 2) != 0) {
        abort();
    }
    double pue = 0;
    uint64_t interval_ns = 0;
    if (!jb_conf_number(conf, "grid", "pue", &pue) || !(pue >= 1 && pue <= 10)) {
        abort();
    }
    if (!jb_conf_duration(conf, "run", "interval", &interval_ns) || interval_ns < 1000000 ||
        interval_ns > UINT64_C(60000000000)) {
        abort();
    }
    for (const struct jb_conf_key *key = jb_conf_keys; key->section; key++) {
        if (!jb_conf_origin(conf, key->section, key->key)) {
            abort();
        }
    }
    jb_conf_destroy(conf);
    free(text);
    return 0;
}
