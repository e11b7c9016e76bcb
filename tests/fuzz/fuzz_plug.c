/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_plug.c - any bytes as a smart plug's answer. The first byte says of which kind.
 */
#include "sensor/plug/plug_json.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    uint64_t uw = 0;
    enum jb_plug_answer kind = (enum jb_plug_answer)(data[0] % (JB_PLUG_GUDE + 1));
    int err = jb_plug_parse(kind, (const char *)data + 1, size - 1, &uw);
    if (err == 0 ? uw > UINT64_C(20000000000)
                 : uw != 0 || (err != -EBADMSG && err != -ENODATA && err != -ENOTSUP && err != -ERANGE)) {
        abort();
    }
    return 0;
}
