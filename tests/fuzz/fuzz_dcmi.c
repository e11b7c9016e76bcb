/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_dcmi.c - any bytes as a BMC's answer, and any text as a made-up one. Copied to memory of just that size, so that
 * a read beyond the answer is seen.
 */
#include "sensor/ipmi/dcmi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *answer = malloc(size ? size : 1), bytes[JB_DCMI_ANSWER], code = 0;
    char *text = malloc(size + 1);
    if (answer && text) {
        memcpy(answer, data, size);
        memcpy(text, data, size);
        text[size] = '\0';
        struct jb_dcmi_power power = {0};
        unsigned version;
        int whole = jb_dcmi_check(answer, size, &code);
        check(whole == 0 || whole == -ENOTSUP || whole == -EAGAIN || whole == -EBADMSG);
        check(whole != 0 || code == 0);
        int err = jb_dcmi_parse_power(answer, size, &power);
        check(err == 0 || err == whole || err == -EBADMSG);
        check(power.now_w <= UINT16_MAX && power.period_ms <= UINT32_MAX);
        err = jb_dcmi_parse_version(answer, size, &version);
        check(err == 0 || err == whole || err == -EBADMSG);
        check(jb_dcmi_code(code)[0] != '\0');
        int count = jb_dcmi_parse_hex(text, bytes, sizeof(bytes));
        check(count == -EINVAL || (count >= 0 && count <= JB_DCMI_ANSWER));
    }
    free(answer);
    free(text);
    return 0;
}
